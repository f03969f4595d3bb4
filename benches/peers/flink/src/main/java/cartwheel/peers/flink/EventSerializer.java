package cartwheel.peers.flink;

import cartwheel.peers.Customer;
import cartwheel.peers.Event;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/** Events on their way from a partition to the slot of their customer; one object is filled again and again. */
final class EventSerializer extends Serializer<Event> {
    static final EventSerializer INSTANCE = new EventSerializer();
    static final TypeInformation<Event> TYPE = new Type<>(Event.class, INSTANCE);

    @Override
    public Event createInstance() {
        return new Event();
    }

    @Override
    public Event copy(Event from) {
        Event copy = new Event();
        copy.kind = from.kind;
        copy.customer = from.customer;
        copy.at = from.at;
        copy.cart = from.cart;
        copy.email = from.email;
        copy.firstName = from.firstName;
        copy.consent = from.consent;
        return copy;
    }

    @Override
    public void serialize(Event event, DataOutputView out) throws IOException {
        out.writeByte(event.kind);
        StringValue.writeString(event.customer, out);
        out.writeLong(event.at);
        if (event.kind == Event.CART) {
            Customer.bytes(out, event.cart);
        } else if (event.kind == Event.PROFILE) {
            Customer.bytes(out, event.email);
            Customer.bytes(out, event.firstName);
            out.writeByte(event.consent);
        }
    }

    @Override
    public Event deserialize(DataInputView in) throws IOException {
        return deserialize(new Event(), in);
    }

    @Override
    public Event deserialize(Event event, DataInputView in) throws IOException {
        event.kind = in.readByte();
        event.customer = StringValue.readString(in);
        event.at = in.readLong();
        event.cart = event.kind == Event.CART ? Customer.bytes(in) : null;
        boolean profile = event.kind == Event.PROFILE;
        event.email = profile ? Customer.bytes(in) : null;
        event.firstName = profile ? Customer.bytes(in) : null;
        event.consent = profile ? in.readByte() : 0;
        return event;
    }

    @Override
    public TypeSerializerSnapshot<Event> snapshotConfiguration() {
        return new EventSnapshot();
    }

    /** See Serializer. */
    public static final class EventSnapshot extends Snapshot<Event> {
        public EventSnapshot() {
            super(() -> INSTANCE);
        }
    }
}
