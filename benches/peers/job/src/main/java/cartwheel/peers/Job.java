package cartwheel.peers;

import java.io.IOException;

/**
 * What an event and what time does to a customer: Cartwheel's rules for loadtest/peers/journeys/cart_recovery.yaml
 * (engine/docs/semantics.md), as far as a stream in order of time can need them. Not for several threads at once.
 */
public final class Job {
    private static final long HOUR = 3_600_000, QUIET = HOUR, CAP = 72 * HOUR, MAX_DEFER = 24 * HOUR;
    private static final String[] STEPS = {"first", "second", "third"};
    /** After each step: how long until the next. */
    private static final long[] WAITS = {24 * HOUR, 48 * HOUR};

    /** Takes the messages. */
    public interface Out {
        void send(String customer, byte[] message);
    }

    private final MessageWriter writer = new MessageWriter();

    /** Applies an event; whatever of this customer is due by then has happened before it. */
    public void apply(Event event, Customer customer, Out out) throws IOException {
        fire(event.customer, customer, event.at, out);
        switch (event.kind) {
            case Event.PROFILE -> profile(event, customer);
            case Event.CART -> cart(event, customer);
            case Event.MOVE -> {
                if (customer.inWindow()) {
                    customer.deadline = Math.max(customer.deadline, event.at + QUIET);
                }
            }
            case Event.END -> {
                if (customer.place != Customer.NONE && customer.newest <= event.at) {
                    end(customer);
                }
                customer.ended = Math.max(customer.ended, event.at);
            }
            default -> { }
        }
    }

    /** Lets happen what is due at or before {@code until}, each at its own time. */
    public void fire(String name, Customer customer, long until, Out out) throws IOException {
        while (customer.deadline <= until) {
            step(name, customer, customer.deadline, out);
        }
    }

    private static void profile(Event event, Customer customer) {
        if (event.at < customer.profileAt) {
            return;
        }
        customer.profileAt = event.at;
        customer.email = event.email != null ? event.email : customer.email;
        customer.firstName = event.firstName != null ? event.firstName : customer.firstName;
        customer.consent = event.consent != 0 ? event.consent : customer.consent;
    }

    private static void cart(Event event, Customer customer) {
        boolean lives = customer.place != Customer.NONE;
        if (event.at <= customer.ended) {
            return;
        }
        if (customer.inWindow()) {
            if (event.at >= customer.newest) {
                customer.newest = event.at;
                customer.cart = event.cart;
            }
            customer.deadline = Math.max(customer.deadline, event.at + QUIET);
        } else if (!lives || event.at > customer.newest) {
            // reentry: restart
            customer.place = Customer.WINDOW;
            customer.openedAt = customer.newest = event.at;
            customer.deadline = event.at + QUIET;
            customer.due = Customer.NEVER;
            customer.cart = event.cart;
        }
    }

    /** The step that is due at {@code now}: a message, and the wait behind it. */
    private void step(String name, Customer customer, long now, Out out) throws IOException {
        long due = customer.due == Customer.NEVER ? now : customer.due;
        if (customer.consent > 0 && customer.email != null) {
            // At most three in 72 h. Where there is no room the message waits for it, at most a day; else it is dropped.
            long free = customer.first == Long.MIN_VALUE ? now : customer.first + CAP;
            if (free <= now) {
                out.send(name, writer.write(name, customer, STEPS[customer.place], due, now));
                customer.first = customer.second;
                customer.second = customer.third;
                customer.third = now;
            } else if (free - due <= MAX_DEFER) {
                customer.due = due;
                customer.deadline = free;
                return;
            }
        }
        customer.due = Customer.NEVER;
        if (customer.place == WAITS.length) {
            end(customer);
        } else {
            customer.deadline = now + WAITS[customer.place];
            customer.place++;
        }
    }

    private static void end(Customer customer) {
        customer.place = Customer.NONE;
        customer.deadline = Customer.NEVER;
        customer.due = Customer.NEVER;
        customer.cart = null;
    }
}
