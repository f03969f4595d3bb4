package cartwheel.peers.streams;

import cartwheel.peers.Arguments;
import cartwheel.peers.Progress;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/** The job on Kafka Streams: a task and a thread for each partition. */
public final class StreamsPeer {
    /** Settings of a changelog: what it takes in one batch, and how large its files are. */
    private static final Map<String, String> CHANGELOG = Map.of("segment.bytes", "268435456");

    private StreamsPeer() {}

    public static void main(String[] words) throws Exception {
        Arguments arguments = new Arguments(words);
        String warmUp = arguments.find("warm-up");
        if (warmUp != null) {
            // The same job over other events, until they end: so the machine has compiled what it will run.
            try (KafkaStreams streams = start(arguments, warmUp, arguments.get("warm-up-out"))) {
                new Lag(arguments, warmUp).await(Recovery.APPLIED);
            }
        }
        Progress.measure();
        KafkaStreams streams = start(arguments, arguments.get("events"), arguments.get("out"));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        new CountDownLatch(1).await();
    }

    private static KafkaStreams start(Arguments arguments, String events, String messages) {
        Topology topology = new Topology()
                .addSource("events", new ByteArrayDeserializer(), new ByteArrayDeserializer(), events)
                .addProcessor("recovery", () -> new Recovery(arguments.get("version")), "events")
                .addStateStore(
                        Stores.keyValueStoreBuilder(store(arguments, "state", Recovery.CUSTOMERS), Serdes.ByteArray(), Serdes.ByteArray())
                                .withLoggingEnabled(CHANGELOG).withCachingDisabled(),
                        "recovery")
                .addStateStore(
                        Stores.keyValueStoreBuilder(store(arguments, "timers", Recovery.TIMERS), Serdes.Bytes(), Serdes.ByteArray())
                                .withLoggingEnabled(CHANGELOG).withCachingDisabled(),
                        "recovery")
                .addSink("messages", messages, new ByteArraySerializer(), new ByteArraySerializer(), "recovery");
        KafkaStreams streams = new KafkaStreams(topology, settings(arguments, messages));
        streams.setUncaughtExceptionHandler(failure -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        return streams;
    }

    /** By the flag of this name: in memory, or in RocksDB. Either is kept by a changelog. */
    private static KeyValueBytesStoreSupplier store(Arguments arguments, String flag, String name) {
        String kind = arguments.get(flag, flag.equals("state") ? "rocksdb" : "memory");
        return switch (kind) {
            case "memory" -> Stores.inMemoryKeyValueStore(name);
            case "rocksdb" -> Stores.persistentKeyValueStore(name);
            default -> throw new IllegalArgumentException("--" + flag + " is memory or rocksdb, not " + kind);
        };
    }

    private static Properties settings(Arguments arguments, String name) {
        Properties settings = new Properties();
        // Its changelogs and its folder are named by it.
        settings.put("application.id", name + "-streams");
        settings.put("bootstrap.servers", arguments.get("bootstrap"));
        settings.put("state.dir", arguments.get("dir"));
        settings.put("num.stream.threads", arguments.get("partitions"));
        settings.put("processing.guarantee", "at_least_once");
        settings.put("commit.interval.ms", arguments.get("checkpoint", "10000"));
        settings.put("statestore.cache.max.bytes", "0");
        settings.put("buffered.records.per.partition", "20000");
        settings.put("max.poll.records", "10000");
        settings.put("replication.factor", "1");
        settings.put("metrics.recording.level", "INFO");
        settings.put("rocksdb.config.setter", Rocks.class.getName());
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("consumer.fetch.min.bytes", "65536");
        settings.put("consumer.fetch.max.wait.ms", "50");
        settings.put("consumer.fetch.max.bytes", "16777216");
        settings.put("consumer.max.partition.fetch.bytes", "4194304");
        settings.put("consumer.receive.buffer.bytes", "1048576");
        settings.put("producer.acks", "all");
        settings.put("producer.linger.ms", "100");
        settings.put("producer.batch.size", "262144");
        settings.put("producer.buffer.memory", "67108864");
        settings.put("producer.compression.type", "lz4");
        return settings;
    }
}
