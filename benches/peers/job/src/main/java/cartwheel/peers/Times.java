package cartwheel.peers;

/** Times as events and messages have them: RFC 3339 in UTC with milliseconds. */
final class Times {
    private static final long DAY = 86_400_000;
    private static final int LENGTH = 24;

    private Times() {}

    /** Epoch milliseconds of {@code 2026-01-01T00:00:00.000Z}. */
    static long parse(char[] text, int from, int length) {
        if (length != LENGTH || text[from + LENGTH - 1] != 'Z') {
            return java.time.Instant.parse(new String(text, from, length)).toEpochMilli();
        }
        long days = days(number(text, from, 4), number(text, from + 5, 2), number(text, from + 8, 2));
        long seconds = number(text, from + 11, 2) * 3_600L + number(text, from + 14, 2) * 60L + number(text, from + 17, 2);
        return days * DAY + seconds * 1_000 + number(text, from + 20, 3);
    }

    /** Writes it as ASCII; returns the length. */
    static int format(long at, byte[] into) {
        long days = Math.floorDiv(at, DAY);
        int millis = (int) Math.floorMod(at, DAY);
        // Hinnant, "chrono-compatible low-level date algorithms".
        long shifted = days + 719_468, era = Math.floorDiv(shifted, 146_097);
        int ofEra = (int) (shifted - era * 146_097);
        int yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        int ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int month = (5 * ofYear + 2) / 153;
        int day = ofYear - (153 * month + 2) / 5 + 1;
        month = month < 10 ? month + 3 : month - 9;
        put(into, 0, 4, (int) (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)));
        into[4] = '-';
        put(into, 5, 2, month);
        into[7] = '-';
        put(into, 8, 2, day);
        into[10] = 'T';
        put(into, 11, 2, millis / 3_600_000);
        into[13] = ':';
        put(into, 14, 2, millis / 60_000 % 60);
        into[16] = ':';
        put(into, 17, 2, millis / 1_000 % 60);
        into[19] = '.';
        put(into, 20, 3, millis % 1_000);
        into[23] = 'Z';
        return LENGTH;
    }

    private static long days(int year, int month, int day) {
        long y = month <= 2 ? year - 1 : year, era = Math.floorDiv(y, 400);
        long ofEra = y - era * 400, ofYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
    }

    private static int number(char[] text, int from, int width) {
        int number = 0;
        for (int place = from; place < from + width; place++) {
            number = number * 10 + (text[place] - '0');
        }
        return number;
    }

    private static void put(byte[] into, int from, int width, int number) {
        for (int place = from + width - 1; place >= from; place--) {
            into[place] = (byte) ('0' + number % 10);
            number /= 10;
        }
    }
}
