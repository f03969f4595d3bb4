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
        copy.id = from.id;
        copy.at = from.at;
        copy.cart = from.cart;
        copy.cartKey = from.cartKey;
        copy.profile = from.profile;
        copy.explicit = from.explicit;
        copy.carried = from.carried;
        copy.suppressed = from.suppressed;
        return copy;
    }

    /** What the first byte says beside the kind. */
    private static final int CART = 8, PERSON = 16, PROFILE = 32;

    @Override
    public void serialize(Event event, DataOutputView out) throws IOException {
        boolean person = event.saysWhoItIs();
        out.writeByte(event.kind | (event.cart != null ? CART : 0) | (person ? PERSON : 0) | (event.profile != null ? PROFILE : 0));
        StringValue.writeString(event.customer, out);
        out.writeLong(event.id);
        out.writeLong(event.at);
        if (event.cart != null) {
            Customer.bytes(out, event.cart);
            out.writeLong(event.cartKey);
        }
        if (person) {
            out.writeByte(event.explicit);
            out.writeByte(event.carried);
            out.writeBoolean(event.suppressed);
            for (int field = 0; event.profile != null && field < event.profile.length; field++) {
                Customer.bytes(out, event.profile[field]);
            }
        }
    }

    @Override
    public Event deserialize(DataInputView in) throws IOException {
        return deserialize(new Event(), in);
    }

    @Override
    public Event deserialize(Event event, DataInputView in) throws IOException {
        int first = in.readByte();
        event.clear();
        event.kind = (byte) (first & 7);
        event.customer = StringValue.readString(in);
        event.id = in.readLong();
        event.at = in.readLong();
        if ((first & CART) != 0) {
            event.cart = Customer.bytes(in);
            event.cartKey = in.readLong();
        }
        if ((first & PERSON) != 0) {
            event.explicit = in.readByte();
            event.carried = in.readByte();
            event.suppressed = in.readBoolean();
            event.profile = (first & PROFILE) != 0 ? new byte[Event.PROFILE_FIELDS][] : null;
            for (int field = 0; event.profile != null && field < event.profile.length; field++) {
                event.profile[field] = Customer.bytes(in);
            }
        }
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
