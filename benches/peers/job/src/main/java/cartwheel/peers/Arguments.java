package cartwheel.peers;

import java.util.HashMap;
import java.util.Map;

/** The command line: {@code --name value}, for all peers alike. */
public final class Arguments {
    private final Map<String, String> values = new HashMap<>();

    public Arguments(String[] words) {
        for (int place = 0; place + 1 < words.length; place += 2) {
            if (!words[place].startsWith("--")) {
                throw new IllegalArgumentException("expected --name value, found " + words[place]);
            }
            values.put(words[place].substring(2), words[place + 1]);
        }
    }

    public String get(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }

    public String get(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    /** Null where it is not there. */
    public String find(String name) {
        return values.get(name);
    }
}
