package cartwheel.peers;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;

/** Hashes of what is only compared. */
final class Ids {
    private static final long PRIME = 0x100000001b3L, OFFSET = 0xcbf29ce484222325L;

    private Ids() {}

    /** Of the text of the parser's token. */
    static long hash(JsonParser parser) throws IOException {
        return hash(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    }

    /** Of a text without the blanks around it; 0 where nothing is left (FNV-1a, then MurmurHash3's finaliser). */
    static long hash(char[] text, int from, int length) {
        int end = from + length;
        while (from < end && text[from] <= ' ') {
            from++;
        }
        while (from < end && text[end - 1] <= ' ') {
            end--;
        }
        if (from == end) {
            return 0;
        }
        long hash = OFFSET;
        for (int place = from; place < end; place++) {
            hash = (hash ^ text[place]) * PRIME;
        }
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return Math.max(1, (hash ^ hash >>> 33) >>> 1);
    }

    /** The part of it that is remembered of an event: 48 bits, never 0 but of 0. */
    static long ofEvent(long hash) {
        return hash == 0 ? 0 : Math.max(1, hash >>> 15);
    }
}
