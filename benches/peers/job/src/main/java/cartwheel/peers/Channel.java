package cartwheel.peers;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;

/** Of which channel an event about permissions speaks. */
final class Channel {
    private static final List<String> PERSONAL = List.of("email", "sms", "push", "whatsapp");

    /** Of the message, and of the event itself. */
    private String message, own;
    /** A text that names none, or something that is no text. */
    private boolean unknown, odd;
    private boolean soft;

    void clear() {
        message = own = null;
        unknown = odd = soft = false;
    }

    void of(JsonParser parser) throws IOException {
        own = name(parser);
    }

    void ofMessage(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            odd |= parser.currentToken() != JsonToken.VALUE_NULL;
            parser.skipChildren();
            return;
        }
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "channel" -> message = name(parser);
                case "bounce" -> soft = parser.currentToken() == JsonToken.VALUE_STRING && parser.getText().equals("soft");
                default -> parser.skipChildren();
            }
        }
    }

    private String name(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            odd |= parser.currentToken() != JsonToken.VALUE_NULL;
            parser.skipChildren();
            return null;
        }
        String name = parser.getText().strip().toLowerCase(java.util.Locale.ROOT);
        unknown |= !PERSONAL.contains(name);
        return name;
    }

    /** What cannot be read grants nothing, and denies everything. */
    void say(String type, Event into) {
        String named = message != null ? message : own;
        boolean readable = !unknown && (named != null || !odd);
        boolean ofEmail = !readable || named == null || named.equals("email");
        switch (type) {
            case "subscribed" -> {
                // Of one time the denial counts.
                if (readable && ofEmail && into.explicit == 0) {
                    into.explicit = 1;
                }
            }
            case "unsubscribed" -> into.explicit = ofEmail ? -1 : into.explicit;
            case "message_bounced" -> into.suppressed = ofEmail && !soft;
            case "message_complained" -> into.suppressed = ofEmail;
            default -> { }
        }
    }
}
