package cartwheel.peers;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes messages: the fields of Cartwheel's commands (engine/docs/sends-topic.md). */
final class MessageWriter {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Hasher128 HASHER = Hashing.xxh3_128();
    private static final byte[] JOURNEY = "cart_recovery".getBytes(StandardCharsets.US_ASCII);
    private static final long TIME_TO_LIVE = 24 * 3_600_000L;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private static SerializedString name(String name) {
        return new SerializedString(name);
    }

    private static final SerializedString COMMAND_ID = name("command_id"), RUN_ID = name("run_id"), JOURNEY_NAME = name("journey"), STEP = name("step"),
            CUSTOMER = name("customer"), CHANNEL = name("channel"), CLASS = name("class"), TEMPLATE = name("template"), TO = name("to"), DATA = name("data"),
            VERSION = name("version"), VARIANT = name("variant"), SIDE = name("side"), TREATED = name("treated"), PROFILE = name("profile"), CART = name("cart"), DUE_AT = name("due_at"), DECIDED_AT = name("decided_at"),
            NOT_AFTER = name("not_after"), OUR_JOURNEY = name("cart_recovery"), EMAIL = name("email"), MARKETING = name("marketing"), OUR_TEMPLATE = name("cart_reminder");

    private static final SerializedString[] FIELDS = Arrays.stream(Profile.FIELDS).map(MessageWriter::name).toArray(SerializedString[]::new);

    private final SerializedString version;
    private final ByteArrayBuilder buffer = new ByteArrayBuilder(1_024);
    private final ByteBuffer input = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] text = new byte[32];

    MessageWriter(String version) {
        this.version = name(version);
    }

    byte[] write(String name, Customer customer, Profile profile, byte[] cart, String step, long due, long now) throws IOException {
        HashValue128 run = run(name, customer.openedAt);
        buffer.reset();
        try (JsonGenerator out = JSON.createGenerator(buffer, JsonEncoding.UTF8)) {
            out.writeStartObject();
            id(out, COMMAND_ID, command(run, step));
            id(out, RUN_ID, run);
            text(out, JOURNEY_NAME, OUR_JOURNEY);
            text(out, VERSION, version);
            out.writeFieldName(STEP);
            out.writeString(step);
            out.writeFieldName(CUSTOMER);
            out.writeString(name);
            text(out, CHANNEL, EMAIL);
            text(out, CLASS, MARKETING);
            text(out, TEMPLATE, OUR_TEMPLATE);
            out.writeFieldName(TO);
            byte[] email = profile.text(Profile.EMAIL);
            out.writeUTF8String(email, 0, email.length);
            out.writeFieldName(DATA);
            out.writeStartObject();
            out.writeFieldName(PROFILE);
            out.writeStartObject();
            for (int field = 0; field < FIELDS.length; field++) {
                byte[] text = profile.text(field);
                if (text != null) {
                    out.writeFieldName(FIELDS[field]);
                    out.writeUTF8String(text, 0, text.length);
                }
            }
            out.writeEndObject();
            out.writeFieldName(CART);
            // The cart is JSON as it is: behind the colon, which this writes.
            out.writeRawValue("");
            out.flush();
            buffer.write(cart);
            out.writeEndObject();
            out.writeFieldName(VARIANT);
            out.writeNull();
            if (!customer.wrote) {
                // The first message of a run says on which side of a holdout it stands.
                text(out, SIDE, TREATED);
            }
            time(out, DUE_AT, due);
            time(out, DECIDED_AT, now);
            time(out, NOT_AFTER, now + TIME_TO_LIVE);
            out.writeEndObject();
        }
        return buffer.toByteArray();
    }

    private static void text(JsonGenerator out, SerializedString name, SerializedString value) throws IOException {
        out.writeFieldName(name);
        out.writeString(value);
    }

    private void time(JsonGenerator out, SerializedString name, long at) throws IOException {
        out.writeFieldName(name);
        out.writeRawUTF8String(text, 0, Times.format(at, text));
    }

    private void id(JsonGenerator out, SerializedString name, HashValue128 id) throws IOException {
        for (int digit = 0; digit < 16; digit++) {
            text[digit] = HEX[(int) (id.getMostSignificantBits() >>> 60 - 4 * digit) & 15];
            text[16 + digit] = HEX[(int) (id.getLeastSignificantBits() >>> 60 - 4 * digit) & 15];
        }
        out.writeFieldName(name);
        out.writeRawUTF8String(text, 0, 32);
    }

    private HashValue128 run(String name, long openedAt) {
        byte[] customer = name.getBytes(StandardCharsets.UTF_8);
        HashValue128 id = HASHER.hashBytesTo128Bits(customer);
        // Journey, 0, customer id, hash of the key (the journey has none), time.
        input.clear().put(JOURNEY).put((byte) 0);
        return hash(id(id).putLong(0).putLong(openedAt));
    }

    private HashValue128 command(HashValue128 run, String step) {
        input.clear();
        // Run id, step, 0, place of the channel in the step's list.
        return hash(id(run).put(step.getBytes(StandardCharsets.US_ASCII)).put((byte) 0).putInt(0));
    }

    private ByteBuffer id(HashValue128 id) {
        return input.putLong(id.getLeastSignificantBits()).putLong(id.getMostSignificantBits());
    }

    private static HashValue128 hash(ByteBuffer input) {
        return HASHER.hashBytesTo128Bits(input.array(), 0, input.position());
    }
}
