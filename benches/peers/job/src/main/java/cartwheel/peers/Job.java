package cartwheel.peers;

import java.io.IOException;

/**
 * What an event and what time does to a customer: Cartwheel's rules for loadtest/peers/journeys/cart_recovery.yaml (engine/docs/semantics.md). Times of
 * events only say what is newer; what is due is told by the time of the stream, which is that of its records. Not for several threads at once.
 */
public final class Job {
    private static final long HOUR = 3_600_000, QUIET = HOUR, CAP = 72 * HOUR, MAX_DEFER = 24 * HOUR, MAX_EVENT_AGE = 24 * HOUR;
    private static final String[] STEPS = {"first", "second", "third"};
    /** After each step: how long until the next. */
    private static final long[] WAITS = {24 * HOUR, 48 * HOUR};

    /** Takes the messages. */
    public interface Out {
        void send(String customer, byte[] message);
    }

    private final MessageWriter writer;

    /** The journey's version stands in each message. */
    public Job(String version) {
        writer = new MessageWriter(version);
    }

    /** Applies an event whose record has this time, the newest of its partition; whatever of this customer is due by then has happened before it. */
    public void apply(Event event, Customer customer, long time, Out out) throws IOException {
        fire(event.customer, customer, time, out);
        if (!customer.isNew(event.id)) {
            return;
        }
        if (event.saysWhoItIs()) {
            Profile profile = Profile.of(customer.profile);
            profile.learn(event);
            customer.profile = profile.bytes();
        }
        boolean ends = event.kind == Event.END || event.kind == Event.EMPTIED;
        Carts carts = event.cart != null || ends ? Carts.of(customer.carts) : null;
        if (carts != null) {
            carts.learn(event);
        }
        switch (event.kind) {
            case Event.CART -> begin(event, customer, time);
            case Event.MOVE -> {
                if (customer.inWindow()) {
                    customer.deadline = Math.max(customer.deadline, event.at + QUIET);
                }
                customer.moved = Math.max(customer.moved, event.at);
            }
            case Event.END, Event.EMPTIED -> {
                if (customer.lives() && customer.newest <= event.at) {
                    end(customer);
                }
                customer.ended = Math.max(customer.ended, event.at);
            }
            default -> { }
        }
        if (carts != null) {
            forget(carts, customer, time);
        }
    }

    /** Stores the carts, without what no message can show any more: a run is only about a cart that comes behind the newest exit, in time, and behind what lives. */
    private static void forget(Carts carts, Customer customer, long time) {
        long shown = Math.max(customer.ended, time - MAX_EVENT_AGE - 1);
        carts.forget(customer.lives(), customer.cart, customer.lives() ? Math.max(shown, customer.newest - 1) : shown);
        customer.carts = carts.bytes();
    }

    /** Lets happen what is due at or before {@code until}, each at its own time. */
    public void fire(String name, Customer customer, long until, Out out) throws IOException {
        while (customer.deadline <= until) {
            step(name, customer, customer.deadline, out);
        }
    }

    /** A cart with its items. */
    private static void begin(Event event, Customer customer, long time) {
        if (time - event.at > MAX_EVENT_AGE || event.at <= customer.ended) {
            return;
        }
        if (customer.inWindow()) {
            if (event.at >= customer.newest) {
                customer.newest = event.at;
                customer.cart = event.cartKey;
            }
            customer.deadline = Math.max(customer.deadline, event.at + QUIET);
        } else if (!customer.lives() || event.at > customer.newest) {
            // reentry: restart
            customer.place = Customer.WINDOW;
            customer.openedAt = customer.newest = event.at;
            customer.cart = event.cartKey;
            customer.wrote = false;
            customer.deadline = Math.max(event.at, customer.moved) + QUIET;
            customer.due = Customer.NEVER;
        }
    }

    /** The step that is due at {@code now}: a message, and the wait behind it. */
    private void step(String name, Customer customer, long now, Out out) throws IOException {
        long due = customer.due == Customer.NEVER ? now : customer.due;
        Profile profile = Profile.of(customer.profile);
        Carts carts = Carts.of(customer.carts);
        Cart cart = profile.reachable() ? carts.find(customer.cart) : null;
        if (cart != null && !cart.isGone()) {
            // At most three in 72 h. Where there is no room the message waits for it, at most a day; else it is dropped.
            long free = customer.first == Customer.LONG_AGO ? now : customer.first + CAP;
            if (free <= now) {
                out.send(name, writer.write(name, customer, profile, cart.content(), STEPS[customer.place], due, now));
                customer.wrote = true;
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
            forget(carts, customer, now);
        } else {
            customer.deadline = now + WAITS[customer.place];
            customer.place++;
        }
    }

    private static void end(Customer customer) {
        customer.place = Customer.NONE;
        customer.deadline = Customer.NEVER;
        customer.due = Customer.NEVER;
    }
}
