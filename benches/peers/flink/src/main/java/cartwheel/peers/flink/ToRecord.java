package cartwheel.peers.flink;

import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The record of a message, keyed by its customer. */
final class ToRecord implements KafkaRecordSerializationSchema<Message> {
    private final String topic;

    ToRecord(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Message message, KafkaSinkContext context, Long timestamp) {
        return new ProducerRecord<>(topic, message.key, message.value);
    }
}
