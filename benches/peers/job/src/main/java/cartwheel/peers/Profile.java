package cartwheel.peers;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What is known of who a customer is: registers, each with the event time of what wrote it, so that what comes late changes nothing that is newer. A customer's
 * value has it as bytes, which are only looked at when an event says something of it or a message needs it.
 */
final class Profile {
    /** The fields that are kept, by their names in events and messages. */
    static final String[] FIELDS = {"email", "phone", "first_name", "last_name", "time_zone", "country", "region", "locale", "push_token"};
    static final int EMAIL = 0;
    /** A field that was removed. */
    static final byte[] REMOVED = {};

    /** In place of the words on consent: as a field's number. */
    private static final int EXPLICIT = FIELDS.length, CARRIED = EXPLICIT + 1, REGISTERS = CARRIED + 1;
    /** In the mask of registers: no e-mail may be sent; all that is known was said at one time. */
    private static final int SUPPRESSED = 1 << 14, ONE_TIME = 1 << 15;

    private final byte[][] texts = new byte[FIELDS.length][];
    private final long[] at = new long[REGISTERS];
    private byte explicit, carried;
    private boolean suppressed;

    /** Null is nothing known. */
    static Profile of(byte[] bytes) {
        Profile profile = new Profile();
        if (bytes != null) {
            profile.read(ByteBuffer.wrap(bytes));
        }
        return profile;
    }

    /** Takes in what the event says. */
    void learn(Event event) {
        for (int field = 0; event.profile != null && field < FIELDS.length; field++) {
            byte[] said = event.profile[field];
            if (said != null && (texts[field] == null || event.at >= at[field])) {
                texts[field] = said;
                at[field] = event.at;
            }
        }
        explicit = word(EXPLICIT, explicit, event.explicit, event.at);
        carried = word(CARRIED, carried, event.carried, event.at);
        suppressed |= event.suppressed;
    }

    /** The newer word counts; of one time the denial. */
    private byte word(int register, byte known, byte said, long when) {
        if (said == 0 || known != 0 && (when < at[register] || when == at[register] && known < 0)) {
            return known;
        }
        at[register] = when;
        return said;
    }

    /** Whether e-mail may be sent, and can be. */
    boolean reachable() {
        return consents() && !suppressed && text(EMAIL) != null;
    }

    /** What the customer has denied stays so until the customer says otherwise; else the newer word counts. */
    private boolean consents() {
        if (explicit < 0) {
            return false;
        }
        boolean isCarried = explicit == 0 || carried != 0 && at[CARRIED] >= at[EXPLICIT];
        return (isCarried ? carried : explicit) > 0;
    }

    /** The field; null where it is not known. */
    byte[] text(int field) {
        byte[] text = texts[field];
        return text == null || text.length == 0 ? null : text;
    }

    private boolean isKnown(int register) {
        return register == EXPLICIT ? explicit != 0 : register == CARRIED ? carried != 0 : texts[register] != null;
    }

    byte[] bytes() {
        int mask = suppressed ? SUPPRESSED : 0, length = Short.BYTES + Long.BYTES;
        long oldest = Long.MAX_VALUE, newest = Long.MIN_VALUE;
        for (int register = 0; register < REGISTERS; register++) {
            if (isKnown(register)) {
                mask |= 1 << register;
                length += Long.BYTES + (register < FIELDS.length ? Short.BYTES + texts[register].length : 1);
                oldest = Math.min(oldest, at[register]);
                newest = Math.max(newest, at[register]);
            }
        }
        boolean oneTime = oldest == newest;
        ByteBuffer out = ByteBuffer.allocate(length).putShort((short) (oneTime ? mask | ONE_TIME : mask));
        if (oneTime) {
            out.putLong(newest);
        }
        for (int register = 0; register < REGISTERS; register++) {
            if (isKnown(register)) {
                write(out, register, oneTime);
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private void write(ByteBuffer out, int register, boolean oneTime) {
        if (!oneTime) {
            out.putLong(at[register]);
        }
        if (register < FIELDS.length) {
            out.putShort((short) texts[register].length).put(texts[register]);
        } else {
            out.put(register == EXPLICIT ? explicit : carried);
        }
    }

    private void read(ByteBuffer in) {
        int mask = in.getShort();
        suppressed = (mask & SUPPRESSED) != 0;
        boolean oneTime = (mask & ONE_TIME) != 0;
        long first = oneTime ? in.getLong() : 0;
        for (int register = 0; register < REGISTERS; register++) {
            if ((mask & 1 << register) == 0) {
                continue;
            }
            at[register] = oneTime ? first : in.getLong();
            if (register < FIELDS.length) {
                texts[register] = new byte[in.getShort()];
                in.get(texts[register]);
            } else if (register == EXPLICIT) {
                explicit = in.get();
            } else {
                carried = in.get();
            }
        }
    }
}
