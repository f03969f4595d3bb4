package cartwheel.peers;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** What is kept of a customer. The arrays are never changed, only replaced. */
public final class Customer {
    /** Nothing runs. */
    static final byte NONE = -1;
    /** Before the first message. */
    static final byte WINDOW = 0;
    /** As a time: there is none. */
    public static final long NEVER = Long.MAX_VALUE;
    /** As many touches as the cap counts. */
    static final int TOUCHES = 3;

    byte[] email;
    byte[] firstName;
    byte consent;
    /** When the newest profile was said. */
    long profileAt = Long.MIN_VALUE;
    /** The newest event that ended runs. */
    long ended = Long.MIN_VALUE;

    /** NONE; WINDOW before the first message was asked for; else which message is the next. One that was put off keeps its place, and has a due. */
    byte place = NONE;
    /** The event that opened the window. */
    long openedAt;
    /** The newest event that began the run or began it anew. */
    long newest;
    /** When the window ends, the wait is over, or a message that was put off is asked again; NEVER where nothing runs. */
    long deadline = NEVER;
    /** When the step was first reached whose message was put off; NEVER: none was. */
    long due = NEVER;
    /** Of the run, JSON. */
    byte[] cart;
    /** The newest messages, the oldest first; Long.MIN_VALUE where there was none. */
    long first = Long.MIN_VALUE, second = Long.MIN_VALUE, third = Long.MIN_VALUE;
    /** The earliest timer that the engine has for this customer; NEVER: none. Kept by the engine's part. */
    public long timer = NEVER;

    boolean inWindow() {
        return place == WINDOW && due == NEVER;
    }

    public long deadline() {
        return deadline;
    }

    /** A copy that does not change with this one. */
    public Customer copy() {
        Customer copy = new Customer();
        copy.email = email;
        copy.firstName = firstName;
        copy.consent = consent;
        copy.profileAt = profileAt;
        copy.ended = ended;
        copy.place = place;
        copy.openedAt = openedAt;
        copy.newest = newest;
        copy.deadline = deadline;
        copy.due = due;
        copy.cart = cart;
        copy.first = first;
        copy.second = second;
        copy.third = third;
        copy.timer = timer;
        return copy;
    }

    /** What does not apply takes no room. */
    public void write(DataOutput out) throws IOException {
        boolean lives = place != NONE, touched = third != Long.MIN_VALUE;
        out.writeByte(consent + 1 | (lives ? 4 : 0) | (touched ? 8 : 0));
        out.writeLong(profileAt);
        out.writeLong(ended);
        out.writeLong(timer);
        bytes(out, email);
        bytes(out, firstName);
        if (lives) {
            out.writeByte(place);
            out.writeLong(openedAt);
            out.writeLong(newest);
            out.writeLong(deadline);
            out.writeLong(due);
            bytes(out, cart);
        }
        if (touched) {
            out.writeLong(first);
            out.writeLong(second);
            out.writeLong(third);
        }
    }

    public static Customer read(DataInput in) throws IOException {
        Customer customer = new Customer();
        int flags = in.readByte();
        customer.consent = (byte) ((flags & 3) - 1);
        customer.profileAt = in.readLong();
        customer.ended = in.readLong();
        customer.timer = in.readLong();
        customer.email = bytes(in);
        customer.firstName = bytes(in);
        if ((flags & 4) != 0) {
            customer.place = in.readByte();
            customer.openedAt = in.readLong();
            customer.newest = in.readLong();
            customer.deadline = in.readLong();
            customer.due = in.readLong();
            customer.cart = bytes(in);
        }
        if ((flags & 8) != 0) {
            customer.first = in.readLong();
            customer.second = in.readLong();
            customer.third = in.readLong();
        }
        return customer;
    }

    /** Null has the length -1. */
    public static void bytes(DataOutput out, byte[] bytes) throws IOException {
        out.writeShort(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    public static byte[] bytes(DataInput in) throws IOException {
        int length = in.readShort();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
