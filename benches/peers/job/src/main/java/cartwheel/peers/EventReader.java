package cartwheel.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads events as the shop writes them: all of each, so that what is no JSON is noticed. Not for several threads at once. */
public final class EventReader {
    private static final JsonFactory JSON = new JsonFactory();

    /** Fills {@code into}. A record that is no event becomes OTHER. */
    public void read(byte[] bytes, long recordTime, Event into) {
        into.clear();
        try (JsonParser parser = JSON.createParser(bytes)) {
            fields(parser, bytes, recordTime, into);
        } catch (IOException notJson) {
            into.clear();
        }
    }

    private static void fields(JsonParser parser, byte[] bytes, long recordTime, Event into) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return;
        }
        String type = null;
        int from = 0, to = 0;
        into.at = recordTime;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (field) {
                case "type" -> type = parser.getText();
                case "customer" -> into.customer = parser.getText();
                case "time" -> into.at = Math.min(Times.parse(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength()), recordTime);
                case "cart" -> {
                    from = (int) parser.currentTokenLocation().getByteOffset();
                    parser.skipChildren();
                    to = (int) parser.currentLocation().getByteOffset();
                }
                case "profile" -> {
                    if (value == JsonToken.START_OBJECT) {
                        profile(parser, into);
                    }
                }
                default -> parser.skipChildren();
            }
        }
        into.kind = type == null || into.customer == null ? Event.OTHER : kind(type);
        if (into.kind == Event.CART) {
            into.cart = Arrays.copyOfRange(bytes, from, to);
        }
    }

    private static byte kind(String type) {
        return switch (type) {
            case "customer_created" -> Event.PROFILE;
            case "cart_updated" -> Event.CART;
            case "product_added" -> Event.MOVE;
            case "order_placed", "cart_emptied" -> Event.END;
            default -> Event.OTHER;
        };
    }

    private static void profile(JsonParser parser, Event into) throws IOException {
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (field) {
                case "email" -> into.email = parser.getText().getBytes(StandardCharsets.UTF_8);
                case "first_name" -> into.firstName = parser.getText().getBytes(StandardCharsets.UTF_8);
                case "consent" -> {
                    if (value == JsonToken.START_OBJECT) {
                        consent(parser, into);
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private static void consent(JsonParser parser, Event into) throws IOException {
        for (String channel = parser.nextFieldName(); channel != null; channel = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (channel.equals("email")) {
                into.consent = (byte) (value == JsonToken.VALUE_TRUE ? 1 : -1);
            } else {
                parser.skipChildren();
            }
        }
    }
}
