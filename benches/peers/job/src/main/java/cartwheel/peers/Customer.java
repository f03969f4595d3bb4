package cartwheel.peers;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** What is kept of a customer. Arrays are never changed, only replaced, but for the ring of ids, of which a copy has its own. */
public final class Customer {
    /** Nothing runs. */
    static final byte NONE = -1;
    /** Before the first message. */
    static final byte WINDOW = 0;
    /** As a time: there is none. */
    public static final long NEVER = Long.MAX_VALUE, LONG_AGO = Long.MIN_VALUE;
    /** So many event ids are remembered, 48 bits of each. */
    static final int IDS = 8;

    /** The newest event ids; {@code nextId} is the place of the next one, which is the oldest once there are eight. */
    private long[] ids;
    private byte knownIds, nextId;
    /** A Profile, and Carts; null where nothing is known. */
    byte[] profile, carts;
    /** The newest event that ended runs, and the newest that moves a window. */
    long ended = LONG_AGO, moved = LONG_AGO;

    /** NONE; WINDOW before the first message was asked for; else which message is the next. One that was put off keeps its place, and has a due. */
    byte place = NONE;
    /** The event that opened the window. */
    long openedAt;
    /** The newest event that began the run or began it anew, and its cart. */
    long newest, cart;
    /** The run has sent a message. */
    boolean wrote;
    /** When the window ends, the wait is over, or a message that was put off is asked again; NEVER where nothing runs. */
    long deadline = NEVER;
    /** When the step was first reached whose message was put off; NEVER: none was. */
    long due = NEVER;
    /** The newest messages, the oldest first; LONG_AGO where there was none. As many as the cap counts. */
    long first = LONG_AGO, second = LONG_AGO, third = LONG_AGO;
    /** The earliest timer that the engine has for this customer; NEVER: none. Kept by the engine's part. */
    public long timer = NEVER;

    boolean lives() {
        return place != NONE;
    }

    boolean inWindow() {
        return place == WINDOW && due == NEVER;
    }

    public long deadline() {
        return deadline;
    }

    /** Remembers an event's id; false where it has been here before. 0 is none. */
    boolean isNew(long id) {
        if (id == 0) {
            return true;
        }
        if (ids == null) {
            ids = new long[IDS];
        }
        for (int place = 0; place < knownIds; place++) {
            if (ids[place] == id) {
                return false;
            }
        }
        ids[nextId] = id;
        nextId = (byte) ((nextId + 1) % IDS);
        knownIds = (byte) Math.min(knownIds + 1, IDS);
        return true;
    }

    /** A copy that does not change with this one. */
    public Customer copy() {
        Customer copy = new Customer();
        copy.ids = ids == null ? null : ids.clone();
        copy.knownIds = knownIds;
        copy.nextId = nextId;
        copy.profile = profile;
        copy.carts = carts;
        copy.ended = ended;
        copy.moved = moved;
        copy.place = place;
        copy.openedAt = openedAt;
        copy.newest = newest;
        copy.cart = cart;
        copy.wrote = wrote;
        copy.deadline = deadline;
        copy.due = due;
        copy.first = first;
        copy.second = second;
        copy.third = third;
        copy.timer = timer;
        return copy;
    }

    /** In the first byte: what there is. */
    private static final int LIVES = 1, DUE = 2, WROTE = 4, PROFILE = 8, CARTS = 16, ENDED = 32, MOVED = 64, TIMER = 128;

    /** What does not apply takes no room. */
    public void write(DataOutput out) throws IOException {
        int touches = first != LONG_AGO ? 3 : second != LONG_AGO ? 2 : third != LONG_AGO ? 1 : 0;
        out.writeByte(flag(LIVES, lives()) | flag(DUE, due != NEVER) | flag(WROTE, wrote) | flag(PROFILE, profile != null) | flag(CARTS, carts != null)
                | flag(ENDED, ended != LONG_AGO) | flag(MOVED, moved != LONG_AGO) | flag(TIMER, timer != NEVER));
        out.writeByte(touches | knownIds << 2);
        writeIds(out);
        writeIf(out, profile);
        writeIf(out, carts);
        if (ended != LONG_AGO) {
            out.writeLong(ended);
        }
        if (moved != LONG_AGO) {
            out.writeLong(moved);
        }
        if (timer != NEVER) {
            out.writeLong(timer);
        }
        if (lives()) {
            out.writeByte(place);
            out.writeLong(openedAt);
            out.writeLong(newest);
            out.writeLong(cart);
            out.writeLong(deadline);
        }
        if (due != NEVER) {
            out.writeLong(due);
        }
        if (touches > 2) {
            out.writeLong(first);
        }
        if (touches > 1) {
            out.writeLong(second);
        }
        if (touches > 0) {
            out.writeLong(third);
        }
    }

    public static Customer read(DataInput in) throws IOException {
        Customer customer = new Customer();
        int flags = in.readByte(), counts = in.readByte(), touches = counts & 3;
        customer.readIds(in, counts >> 2);
        customer.profile = (flags & PROFILE) != 0 ? bytes(in) : null;
        customer.carts = (flags & CARTS) != 0 ? bytes(in) : null;
        customer.ended = (flags & ENDED) != 0 ? in.readLong() : LONG_AGO;
        customer.moved = (flags & MOVED) != 0 ? in.readLong() : LONG_AGO;
        customer.timer = (flags & TIMER) != 0 ? in.readLong() : NEVER;
        if ((flags & LIVES) != 0) {
            customer.place = in.readByte();
            customer.openedAt = in.readLong();
            customer.newest = in.readLong();
            customer.cart = in.readLong();
            customer.deadline = in.readLong();
        }
        customer.wrote = (flags & WROTE) != 0;
        customer.due = (flags & DUE) != 0 ? in.readLong() : NEVER;
        customer.first = touches > 2 ? in.readLong() : LONG_AGO;
        customer.second = touches > 1 ? in.readLong() : LONG_AGO;
        customer.third = touches > 0 ? in.readLong() : LONG_AGO;
        return customer;
    }

    private static int flag(int flag, boolean is) {
        return is ? flag : 0;
    }

    /** The oldest first, six bytes each. */
    private void writeIds(DataOutput out) throws IOException {
        for (int place = 0; place < knownIds; place++) {
            long id = ids[(nextId - knownIds + place + IDS) % IDS];
            out.writeShort((int) (id >>> 32));
            out.writeInt((int) id);
        }
    }

    private void readIds(DataInput in, int count) throws IOException {
        ids = count == 0 ? null : new long[IDS];
        for (int place = 0; place < count; place++) {
            ids[place] = (long) (in.readShort() & 0xffff) << 32 | in.readInt() & 0xffff_ffffL;
        }
        knownIds = (byte) count;
        nextId = (byte) (count % IDS);
    }

    private static void writeIf(DataOutput out, byte[] bytes) throws IOException {
        if (bytes != null) {
            bytes(out, bytes);
        }
    }

    /** Null has the length -1. */
    public static void bytes(DataOutput out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    public static byte[] bytes(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
