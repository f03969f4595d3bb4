package cartwheel.peers.streams;

import cartwheel.peers.Customer;
import cartwheel.peers.Event;
import cartwheel.peers.EventReader;
import cartwheel.peers.Job;
import cartwheel.peers.Progress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.utils.ByteBufferInputStream;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * One value a customer, and seldom more than one timer: a store of its own whose keys are times and customers, and of which ten times a second
 * those are taken that are due by the task's stream time.
 */
final class Recovery implements Processor<byte[], byte[], byte[], byte[]> {
    static final String CUSTOMERS = "customers", TIMERS = "timers";
    /** Events of all tasks so far. */
    static final LongAdder APPLIED = new LongAdder();
    private static final byte[] NOTHING = {};
    private static final Duration EVERY = Duration.ofMillis(100);

    private final EventReader reader = new EventReader();
    private final Event event = new Event();
    private final Job job;
    /** Without locks, unlike Java's own. */
    private final ByteBufferOutputStream bytes = new ByteBufferOutputStream(4_096);
    private final DataOutputStream out = new DataOutputStream(bytes);
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> customers;
    private KeyValueStore<Bytes, byte[]> timers;
    /** Up to this time timers have been asked for. */
    private long fired = -1;

    /** The journey's version stands in each message. */
    Recovery(String version) {
        job = new Job(version);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        customers = context.getStateStore(CUSTOMERS);
        timers = context.getStateStore(TIMERS);
        context.schedule(EVERY, PunctuationType.WALL_CLOCK_TIME, now -> fire());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Progress.read();
        APPLIED.increment();
        reader.read(record.value(), record.timestamp(), event);
        if (!event.isHeard()) {
            return;
        }
        try {
            byte[] key = event.customer.getBytes(StandardCharsets.UTF_8);
            byte[] stored = customers.get(key);
            Customer customer = stored == null ? new Customer() : read(stored);
            job.apply(event, customer, record.timestamp(), this::send);
            keep(key, customer);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** What is due by the newest event that this task has seen. */
    private void fire() {
        long until = context.currentStreamTimeMs();
        if (until <= fired) {
            return;
        }
        fired = until;
        List<Bytes> due = new ArrayList<>();
        // Not beyond what is due: a store in memory copies the keys of a range.
        try (var range = timers.range(null, Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(until + 1).array()))) {
            range.forEachRemaining(timer -> due.add(timer.key));
        }
        try {
            for (Bytes timer : due) {
                fire(timer, until);
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private void fire(Bytes timer, long until) throws IOException {
        timers.delete(timer);
        byte[] key = new byte[timer.get().length - Long.BYTES];
        System.arraycopy(timer.get(), Long.BYTES, key, 0, key.length);
        Customer customer = read(customers.get(key));
        if (customer.timer != at(timer)) {
            // A deadline came nearer since: this one has been replaced.
            return;
        }
        customer.timer = Customer.NEVER;
        // Also what follows from it and is due by now: nobody would ask for that before the stream's time has gone on.
        job.fire(new String(key, StandardCharsets.UTF_8), customer, until, this::send);
        keep(key, customer);
    }

    /** Sets the customer's timer, if there is none as early as the deadline, and stores the customer. */
    private void keep(byte[] key, Customer customer) throws IOException {
        if (customer.deadline() < customer.timer) {
            customer.timer = customer.deadline();
            timers.put(Bytes.wrap(ByteBuffer.allocate(Long.BYTES + key.length).putLong(customer.timer).put(key).array()), NOTHING);
        }
        bytes.buffer().clear();
        customer.write(out);
        ByteBuffer written = bytes.buffer().flip();
        customers.put(key, Arrays.copyOf(written.array(), written.limit()));
    }

    private static Customer read(byte[] stored) throws IOException {
        return Customer.read(new DataInputStream(new ByteBufferInputStream(ByteBuffer.wrap(stored))));
    }

    /** Times are not before 1970, so that their bytes are in their order. */
    private static long at(Bytes timer) {
        return ByteBuffer.wrap(timer.get()).getLong();
    }

    private void send(String customer, byte[] message) {
        context.forward(new Record<>(customer.getBytes(StandardCharsets.UTF_8), message, context.currentSystemTimeMs()));
    }
}
