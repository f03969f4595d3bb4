package cartwheel.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One cart by event time: the last whole version or that it was removed, and the fields that other events have added since. */
final class Cart {
    private static final JsonFactory JSON = new JsonFactory();
    private static final JsonStringEncoder NAMES = JsonStringEncoder.getInstance();
    private static final byte[] ITEMS = "items".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EMPTY = {};
    /** What it is without what was added. */
    private static final byte NOTHING = 0, WHOLE = 1, REMOVED = 2;

    /** A field that was added, JSON. */
    private record Added(byte[] name, long at, byte[] value) {
        int length() {
            return 2 * Integer.BYTES + Long.BYTES + name.length + value.length;
        }
    }

    /** Hash of its id. */
    final long key;
    private byte base = NOTHING;
    /** Of the whole version or the removal: what is older counts for nothing. */
    private long at = Long.MIN_VALUE;
    /** The whole version, JSON; null also where no message can show it any more. */
    private byte[] whole;
    private final List<Added> added = new ArrayList<>(0);

    Cart(long key) {
        this.key = key;
    }

    /** All of it, as of {@code when}. */
    void replace(byte[] json, long when) {
        begin(WHOLE, json, when);
    }

    void remove(long when) {
        begin(REMOVED, null, when);
    }

    private void begin(byte with, byte[] json, long when) {
        if (when >= at) {
            base = with;
            whole = json;
            at = when;
            added.removeIf(field -> field.at <= when);
        }
    }

    /** These fields, as of {@code when}. */
    void add(byte[] json, long when) throws IOException {
        if (when < at) {
            return;
        }
        each(json, (name, value) -> {
            int known = find(name);
            if (known < 0) {
                added.add(new Added(name, when, value));
            } else if (when >= added.get(known).at) {
                added.set(known, new Added(name, when, value));
            }
        });
    }

    /** The place of an added field, or -1. */
    private int find(byte[] name) {
        for (int place = 0; place < added.size(); place++) {
            if (Arrays.equals(added.get(place).name, name)) {
                return place;
            }
        }
        return -1;
    }

    /** Whether no message may be about it: it was removed, or the newest word on its items is that there are none. */
    boolean isGone() {
        int items = find(ITEMS);
        return base != WHOLE && added.isEmpty() || items >= 0 && isEmptyList(added.get(items).value);
    }

    private static boolean isEmptyList(byte[] json) {
        String text = new String(json, StandardCharsets.UTF_8);
        return text.startsWith("[") && text.substring(1).stripLeading().startsWith("]");
    }

    /** As a message shows it, JSON. */
    byte[] content() throws IOException {
        if (added.isEmpty()) {
            return whole == null ? new byte[] {'{', '}'} : whole;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (whole != null) {
            each(whole, (name, value) -> {
                if (find(name) < 0) {
                    put(out, name, value);
                }
            });
        }
        added.forEach(field -> put(out, field.name, field.value));
        out.write('}');
        return out.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, byte[] name, byte[] value) {
        out.write(out.size() == 0 ? '{' : ',');
        out.write('"');
        out.writeBytes(name);
        out.write('"');
        out.write(':');
        out.writeBytes(value);
    }

    /** How new it is: as the last whole version; where there is none, as what was added since. */
    long newness() {
        long newness = at;
        for (int place = 0; base != WHOLE && place < added.size(); place++) {
            newness = Math.max(newness, added.get(place).at);
        }
        return newness;
    }

    /** Nothing that is as old as {@code when} will be shown any more. */
    void forget(long when) {
        if (base == WHOLE && at <= when) {
            whole = null;
            added.removeIf(field -> field.at <= when);
        }
    }

    int length() {
        int length = 2 * Long.BYTES + 2 + Integer.BYTES + (whole == null ? 0 : whole.length);
        for (Added field : added) {
            length += field.length();
        }
        return length;
    }

    void write(ByteBuffer out) {
        out.putLong(key).put(base).putLong(at);
        put(out, whole == null ? EMPTY : whole);
        out.put((byte) added.size());
        for (Added field : added) {
            put(out, field.name);
            out.putLong(field.at);
            put(out, field.value);
        }
    }

    static Cart read(ByteBuffer in) {
        Cart cart = new Cart(in.getLong());
        cart.base = in.get();
        cart.at = in.getLong();
        byte[] whole = bytes(in);
        cart.whole = whole.length == 0 ? null : whole;
        for (int left = in.get(); left > 0; left--) {
            cart.added.add(new Added(bytes(in), in.getLong(), bytes(in)));
        }
        return cart;
    }

    private static void put(ByteBuffer out, byte[] bytes) {
        out.putInt(bytes.length).put(bytes);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return bytes;
    }

    /** Takes the fields of an object. */
    private interface Fields {
        void take(byte[] name, byte[] value);
    }

    private static void each(byte[] json, Fields fields) throws IOException {
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                int from = (int) parser.currentTokenLocation().getByteOffset();
                if (value.isStructStart()) {
                    parser.skipChildren();
                } else {
                    parser.finishToken();
                }
                fields.take(NAMES.quoteAsUTF8(name), Arrays.copyOfRange(json, from, (int) parser.currentLocation().getByteOffset()));
            }
        }
    }
}
