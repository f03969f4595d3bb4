package cartwheel.peers.flink;

import cartwheel.peers.Customer;
import cartwheel.peers.Event;
import cartwheel.peers.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** One value a customer, and seldom more than one timer: a deadline that moves on is looked at when the timer that is there fires. */
final class Recovery extends KeyedProcessFunction<String, Event, Message> {
    private final String version;
    private transient ValueState<Customer> state;
    private transient Job job;
    private transient Collector<Message> collector;
    private transient Message message;

    /** The journey's version stands in each message. */
    Recovery(String version) {
        this.version = version;
    }

    @Override
    public void open(OpenContext context) {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("customer", CustomerSerializer.TYPE));
        job = new Job(version);
        message = new Message();
    }

    @Override
    public void processElement(Event event, Context context, Collector<Message> out) throws IOException {
        Customer customer = state.value();
        if (customer == null) {
            customer = new Customer();
        }
        collector = out;
        // The record's time, as the source has given it.
        job.apply(event, customer, context.timestamp(), this::send);
        arm(customer, context.timerService());
        state.update(customer);
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Message> out) throws IOException {
        Customer customer = state.value();
        if (customer.timer != time) {
            // A deadline came nearer since: this one has been replaced.
            return;
        }
        customer.timer = Customer.NEVER;
        collector = out;
        job.fire(context.getCurrentKey(), customer, time, this::send);
        arm(customer, context.timerService());
        state.update(customer);
    }

    private void arm(Customer customer, TimerService timers) {
        if (customer.deadline() < customer.timer) {
            customer.timer = customer.deadline();
            timers.registerEventTimeTimer(customer.timer);
        }
    }

    private void send(String customer, byte[] value) {
        message.key = customer.getBytes(StandardCharsets.UTF_8);
        message.value = value;
        collector.collect(message);
    }
}
