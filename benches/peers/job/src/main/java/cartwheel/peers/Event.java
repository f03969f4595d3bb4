package cartwheel.peers;

/** What the job knows of an event. One object is filled again and again. */
public final class Event {
    /** Nothing that the job hears of. */
    public static final byte OTHER = 0;
    /** Brings a profile. */
    public static final byte PROFILE = 1;
    /** A cart with its items: begins a run, or begins it anew. */
    public static final byte CART = 2;
    /** Moves the window. */
    public static final byte MOVE = 3;
    /** Ends what runs. */
    public static final byte END = 4;

    public byte kind;
    public String customer;
    /** When it happened, epoch milliseconds. */
    public long at;
    /** The cart as the event brings it, JSON; null but for CART. */
    public byte[] cart;
    /** UTF-8; null where the event says nothing of it. */
    public byte[] email;
    public byte[] firstName;
    /** Of e-mail: 1 granted, -1 denied, 0 nothing said. */
    public byte consent;

    void clear() {
        kind = OTHER;
        customer = null;
        at = 0;
        cart = email = firstName = null;
        consent = 0;
    }
}
