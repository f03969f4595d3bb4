package cartwheel.peers.flink;

import cartwheel.peers.Customer;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Customers, as the job writes them. */
final class CustomerSerializer extends Serializer<Customer> {
    static final CustomerSerializer INSTANCE = new CustomerSerializer();
    static final TypeInformation<Customer> TYPE = new Type<>(Customer.class, INSTANCE);

    @Override
    public Customer createInstance() {
        return new Customer();
    }

    @Override
    public Customer copy(Customer from) {
        return from.copy();
    }

    @Override
    public void serialize(Customer customer, DataOutputView out) throws IOException {
        customer.write(out);
    }

    @Override
    public Customer deserialize(DataInputView in) throws IOException {
        return Customer.read(in);
    }

    @Override
    public TypeSerializerSnapshot<Customer> snapshotConfiguration() {
        return new CustomerSnapshot();
    }

    /** See Serializer. */
    public static final class CustomerSnapshot extends Snapshot<Customer> {
        public CustomerSnapshot() {
            super(() -> INSTANCE);
        }
    }
}
