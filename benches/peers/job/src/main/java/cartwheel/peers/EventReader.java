package cartwheel.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Reads events as the shop writes them: all of each, so that what is no JSON is noticed. Not for several threads at once. */
public final class EventReader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final List<String> FIELDS = List.of(Profile.FIELDS);

    private final Channel channel = new Channel();

    /** Fills {@code into}. A record that is no event becomes OTHER. */
    public void read(byte[] bytes, long recordTime, Event into) {
        into.clear();
        try (JsonParser parser = JSON.createParser(bytes)) {
            fields(parser, bytes, recordTime, into);
        } catch (IOException notJson) {
            into.clear();
        }
    }

    private void fields(JsonParser parser, byte[] bytes, long recordTime, Event into) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return;
        }
        String type = null;
        byte consent = 0;
        channel.clear();
        into.at = recordTime;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (field) {
                case "id" -> into.id = value == JsonToken.VALUE_STRING ? Ids.ofEvent(Ids.hash(parser)) : 0;
                case "type" -> type = parser.getText();
                case "customer" -> into.customer = parser.getText();
                case "time" -> into.at = Math.min(Times.parse(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength()), recordTime);
                case "cart" -> cart(parser, bytes, into);
                case "profile" -> consent = profile(parser, into);
                case "channel" -> channel.of(parser);
                case "message" -> channel.ofMessage(parser);
                default -> parser.skipChildren();
            }
        }
        if (type == null || into.customer == null) {
            into.clear();
            return;
        }
        into.kind = kind(type);
        switch (type) {
            case "subscribed", "consent_changed" -> into.explicit = consent;
            case "unsubscribed" -> {
                // Who unsubscribes grants nothing.
                into.explicit = (byte) Math.min(consent, 0);
                into.carried = (byte) Math.max(consent, 0);
            }
            default -> into.carried = consent;
        }
        channel.say(type, into);
    }

    private static byte kind(String type) {
        return switch (type) {
            case "cart_updated" -> Event.CART;
            case "product_added" -> Event.MOVE;
            case "order_placed" -> Event.END;
            case "cart_emptied" -> Event.EMPTIED;
            default -> Event.OTHER;
        };
    }

    private static void cart(JsonParser parser, byte[] bytes, Event into) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        int from = (int) parser.currentTokenLocation().getByteOffset();
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (field.equals("id") && (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NUMBER_INT)) {
                into.cartKey = Ids.hash(parser);
            } else {
                parser.skipChildren();
            }
        }
        into.cart = Arrays.copyOfRange(bytes, from, (int) parser.currentLocation().getByteOffset());
    }

    /** Returns what is said of e-mail: 1 granted, -1 denied, 0 nothing. */
    private static byte profile(JsonParser parser, Event into) throws IOException {
        byte consent = 0;
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return consent;
        }
        into.profile = new byte[Profile.FIELDS.length][];
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            int place = FIELDS.indexOf(field);
            if (field.equals("consent")) {
                consent = consent(parser);
            } else if (place >= 0 && value == JsonToken.VALUE_STRING) {
                into.profile[place] = parser.getText().getBytes(StandardCharsets.UTF_8);
            } else if (place >= 0 && value == JsonToken.VALUE_NULL) {
                into.profile[place] = Profile.REMOVED;
            } else {
                parser.skipChildren();
            }
        }
        return consent;
    }

    private static byte consent(JsonParser parser) throws IOException {
        byte email = 0;
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return email;
        }
        for (String channel = parser.nextFieldName(); channel != null; channel = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (channel.equals("email")) {
                email = (byte) (value == JsonToken.VALUE_TRUE ? 1 : value == JsonToken.VALUE_FALSE ? -1 : 0);
            }
            parser.skipChildren();
        }
        return email;
    }
}
