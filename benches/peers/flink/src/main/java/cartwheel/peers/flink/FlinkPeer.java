package cartwheel.peers.flink;

import cartwheel.peers.Arguments;
import cartwheel.peers.Event;
import cartwheel.peers.Progress;
import java.io.File;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The job on Flink, in one process with as many slots as there are partitions. */
public final class FlinkPeer {
    private FlinkPeer() {}

    public static void main(String[] words) throws Exception {
        Arguments arguments = new Arguments(words);
        String warmUp = arguments.find("warm-up");
        if (warmUp != null) {
            // The same job over other events, until they end: so the machine has compiled what it will run.
            run(arguments, warmUp, arguments.get("warm-up-out"), true);
        }
        Progress.measure();
        run(arguments, arguments.get("events"), arguments.get("out"), false);
    }

    private static void run(Arguments arguments, String events, String messages, boolean bounded) throws Exception {
        int slots = Integer.parseInt(arguments.get("partitions"));
        var environment = StreamExecutionEnvironment.createLocalEnvironment(slots, settings(arguments, slots, events));
        // Of records, not of events, which may be late: they rise in a partition, and a record of a time comes behind the timers of that time. So no margin is needed.
        WatermarkStrategy<Event> watermarks = WatermarkStrategy.<Event>forGenerator(context -> new NewestTime())
                .withTimestampAssigner((event, recordTime) -> recordTime);
        environment.fromSource(source(arguments, events, bounded), watermarks, "events", EventSerializer.TYPE)
                .filter(Event::isHeard)
                .keyBy(event -> event.customer, Types.STRING)
                .process(new Recovery(arguments.get("version")))
                .returns(MessageSerializer.TYPE)
                .sinkTo(sink(arguments, messages));
        environment.execute("cart recovery");
    }

    private static Configuration settings(Arguments arguments, int slots, String name) {
        String dir = new File(arguments.get("dir"), name).getAbsolutePath();
        Configuration settings = new Configuration();
        settings.setString("taskmanager.numberOfTaskSlots", Integer.toString(slots));
        settings.setString("pipeline.object-reuse", "true");
        settings.setString("pipeline.generic-types", "false");
        settings.setString("execution.checkpointing.interval", arguments.get("checkpoint", "10 s"));
        settings.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString("execution.checkpointing.dir", "file://" + dir + "/checkpoints");
        settings.setString("execution.checkpointing.incremental", "true");
        settings.setString("restart-strategy.type", "none");
        settings.setString("rest.port", "0");
        settings.setString("io.tmp.dirs", dir + "/tmp");
        settings.setString("state.backend.type", arguments.get("state"));
        if (arguments.get("state").equals("rocksdb")) {
            settings.setString("taskmanager.memory.managed.size", arguments.get("managed", "512m"));
            settings.setString("state.backend.rocksdb.localdir", dir + "/rocksdb");
            settings.setString("state.backend.rocksdb.timer-service.factory", arguments.get("timers", "HEAP"));
            settings.setString("state.backend.rocksdb.use-bloom-filter", "true");
            settings.setString("state.backend.rocksdb.predefined-options", "FLASH_SSD_OPTIMIZED");
        } else {
            // Nothing of this job uses it.
            settings.setString("taskmanager.memory.managed.size", "1m");
        }
        return settings;
    }

    private static KafkaSource<Event> source(Arguments arguments, String topic, boolean bounded) {
        KafkaSourceBuilder<Event> source = KafkaSource.<Event>builder()
                .setBootstrapServers(arguments.get("bootstrap"))
                .setTopics(topic)
                .setGroupId(topic + "-flink")
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new EventDeserializer())
                .setProperty("fetch.min.bytes", "65536")
                .setProperty("fetch.max.wait.ms", "50")
                .setProperty("fetch.max.bytes", "16777216")
                .setProperty("max.partition.fetch.bytes", "4194304")
                .setProperty("receive.buffer.bytes", "1048576")
                .setProperty("max.poll.records", "10000")
                .setProperty("commit.offsets.on.checkpoint", "false");
        if (bounded) {
            source.setBounded(OffsetsInitializer.latest());
        }
        return source.build();
    }

    private static KafkaSink<Message> sink(Arguments arguments, String topic) {
        return KafkaSink.<Message>builder()
                .setBootstrapServers(arguments.get("bootstrap"))
                .setRecordSerializer(new ToRecord(topic))
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setProperty("acks", "all")
                .setProperty("linger.ms", "10")
                .setProperty("batch.size", "262144")
                .setProperty("compression.type", "lz4")
                .setProperty("delivery.timeout.ms", Long.toString(Duration.ofMinutes(2).toMillis()))
                .build();
    }
}
