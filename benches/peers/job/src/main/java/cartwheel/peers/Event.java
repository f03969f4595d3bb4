package cartwheel.peers;

/** What the job knows of an event. One object is filled again and again. */
public final class Event {
    /** Nothing of its type; it may bring a profile, or add to a cart. */
    public static final byte OTHER = 0;
    /** A cart with its items: begins a run, or begins it anew. */
    public static final byte CART = 1;
    /** Moves the window. */
    public static final byte MOVE = 2;
    /** Ends what runs. */
    public static final byte END = 3;
    /** The same, and removes the cart. */
    public static final byte EMPTIED = 4;

    /** As many as a profile has fields that are known. */
    public static final int PROFILE_FIELDS = Profile.FIELDS.length;

    public byte kind;
    public String customer;
    /** 48 bits of a hash of its id, never 0; 0 where it has none. */
    public long id;
    /** When it happened, epoch milliseconds: its own time, or that of its record, if that is earlier. */
    public long at;
    /** The cart as the event brings it, JSON; null where there is none. */
    public byte[] cart;
    /** Hash of the cart's id; 0 where it has none. */
    public long cartKey;
    /** What the profile says of each of Profile.FIELDS, UTF-8; null where it says nothing, REMOVED where it removes. Null where it says nothing at all. */
    public byte[][] profile;
    /** Of e-mail, by what the customer says, and by what the profile says beside: 1 granted, -1 denied, 0 nothing said. */
    public byte explicit;
    public byte carried;
    /** No e-mail reaches the customer any more, or it was called spam. */
    public boolean suppressed;

    /** Whether the job hears of it. */
    public boolean isHeard() {
        return customer != null && (kind != OTHER || cart != null || saysWhoItIs());
    }

    /** Whether it says something of the customer. */
    public boolean saysWhoItIs() {
        return profile != null || explicit != 0 || carried != 0 || suppressed;
    }

    public void clear() {
        kind = OTHER;
        customer = null;
        id = at = cartKey = 0;
        cart = null;
        profile = null;
        explicit = carried = 0;
        suppressed = false;
    }
}
