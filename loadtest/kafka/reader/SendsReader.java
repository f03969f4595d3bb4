// An independent reader of the sends topic: it knows engine/docs/sends-topic.md and nothing else of Cartwheel's.
//
//   java -cp 'LIB/*' SendsReader.java HOST:PORT TOPIC
//
// LIB is the directory that `cartwheel-broker fetch` prints. Reads every partition from its beginning to the end that it has
// when the reader starts. Prints each accepted record as one JSON line, then one line with counts.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class SendsReader {
    static final ObjectMapper JSON = new ObjectMapper();
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    static final Map<String, Long> accepted = new TreeMap<>();
    static long records, leaders, rejected, foreign;

    /** What a reader remembers of one partition. */
    static final class State {
        long leader = -1;  // offset of the newest leader record
        long last = 0;     // last accepted sequence number; -1: unknown, taken from the first turn behind a leader record
        State(boolean atStart) { last = atStart ? 0 : -1; }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: SendsReader HOST:PORT TOPIC");
            System.exit(64);
        }
        var settings = Map.<String, Object>of("bootstrap.servers", arguments[0], "enable.auto.commit", false, "auto.offset.reset", "none",
                "key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class);
        try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
            var partitions = new ArrayList<TopicPartition>();
            consumer.partitionsFor(arguments[1]).forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
            var starts = consumer.beginningOffsets(partitions);
            var ends = consumer.endOffsets(partitions);
            var states = new HashMap<Integer, State>();
            consumer.assign(partitions);
            for (var partition : partitions) {
                states.put(partition.partition(), new State(starts.get(partition) == 0));
                consumer.seek(partition, starts.get(partition));
            }
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
                        read(states.get(record.partition()), record);
                    }
                }
            }
            OUT.println(JSON.writeValueAsString(Map.of("partitions", partitions.size(), "records", records, "leaders", leaders,
                    "accepted", accepted, "rejected", rejected, "foreign", foreign)));
        }
        OUT.flush();
    }

    /** The reader's rule. */
    static void read(State state, ConsumerRecord<byte[], byte[]> record) throws Exception {
        records++;
        String kind = header(record, "cartwheel-kind");
        if ("leader".equals(kind)) {
            leaders++;
            state.leader = record.offset();
            return;
        }
        long leader = number(header(record, "cartwheel-leader")), seq = number(header(record, "cartwheel-seq"));
        if (kind == null || leader < 0 || seq < 0 || !Set.of("turn", "command", "suppression", "event", "dead").contains(kind)) {
            foreign++;
            return;
        }
        boolean next = state.last >= 0 ? seq == state.last + 1 : kind.equals("turn");
        if (state.leader < 0 || leader != state.leader || !next) {
            rejected++;
            return;
        }
        state.last = seq;
        accepted.merge(kind, 1L, Long::sum);
        ObjectNode line = JSON.createObjectNode().put("partition", record.partition()).put("offset", record.offset()).put("kind", kind).put("seq", seq);
        line.put("key", record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8));
        line.set("value", JSON.readTree(record.value()));
        OUT.println(JSON.writeValueAsString(line));
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    static long number(String text) {
        return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
    }
}
