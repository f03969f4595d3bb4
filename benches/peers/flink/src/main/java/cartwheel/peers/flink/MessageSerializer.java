package cartwheel.peers.flink;

import cartwheel.peers.Customer;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Messages. The sink is chained to what makes them, so that none is ever serialized here. */
final class MessageSerializer extends Serializer<Message> {
    static final MessageSerializer INSTANCE = new MessageSerializer();
    static final TypeInformation<Message> TYPE = new Type<>(Message.class, INSTANCE);

    @Override
    public Message createInstance() {
        return new Message();
    }

    @Override
    public Message copy(Message from) {
        Message copy = new Message();
        copy.key = from.key;
        copy.value = from.value;
        return copy;
    }

    @Override
    public void serialize(Message message, DataOutputView out) throws IOException {
        Customer.bytes(out, message.key);
        Customer.bytes(out, message.value);
    }

    @Override
    public Message deserialize(DataInputView in) throws IOException {
        Message message = createInstance();
        message.key = Customer.bytes(in);
        message.value = Customer.bytes(in);
        return message;
    }

    @Override
    public TypeSerializerSnapshot<Message> snapshotConfiguration() {
        return new MessageSnapshot();
    }

    /** See Serializer. */
    public static final class MessageSnapshot extends Snapshot<Message> {
        public MessageSnapshot() {
            super(() -> INSTANCE);
        }
    }
}
