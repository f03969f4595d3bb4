package cartwheel.peers.flink;

import cartwheel.peers.Event;
import cartwheel.peers.EventReader;
import cartwheel.peers.Progress;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Fills one event again and again: with object reuse nobody behind it keeps it. */
final class EventDeserializer implements KafkaRecordDeserializationSchema<Event> {
    private transient EventReader reader;
    private transient Event event;

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        reader = new EventReader();
        event = new Event();
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
        Progress.read();
        reader.read(record.value(), record.timestamp(), event);
        out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return EventSerializer.TYPE;
    }
}
