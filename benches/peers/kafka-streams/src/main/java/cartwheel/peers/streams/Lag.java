package cartwheel.peers.streams;

import cartwheel.peers.Arguments;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** How many events a topic has, to know when they have been applied. */
final class Lag {
    private final long events;

    Lag(Arguments arguments, String topic) throws Exception {
        int partitions = Integer.parseInt(arguments.get("partitions"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments.get("bootstrap")))) {
            var wanted = IntStream.range(0, partitions).boxed().collect(Collectors.toMap(number -> new TopicPartition(topic, number), number -> OffsetSpec.latest()));
            events = admin.listOffsets(wanted).all().get().values().stream().mapToLong(found -> found.offset()).sum();
        }
    }

    /** Waits until so many have been applied. */
    void await(LongAdder applied) throws InterruptedException {
        while (applied.sum() < events) {
            Thread.sleep(50);
        }
    }
}
