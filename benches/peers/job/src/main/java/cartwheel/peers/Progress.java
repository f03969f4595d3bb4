package cartwheel.peers;

/** What the driver hears of a peer: when its first event came. */
public final class Progress {
    private static volatile boolean measured;
    private static boolean began;

    private Progress() {}

    /** From now on what is read counts; what was read before only warmed the machine up. */
    public static void measure() {
        measured = true;
    }

    /** An event was read. */
    public static void read() {
        if (measured && !began) {
            begin();
        }
    }

    private static synchronized void begin() {
        if (!began) {
            began = true;
            System.out.println("began " + System.currentTimeMillis());
            System.out.flush();
        }
    }
}
