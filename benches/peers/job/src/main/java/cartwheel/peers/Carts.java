package cartwheel.peers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The newest carts of a customer. The customer's value has them as bytes, which are only looked at when an event brings a cart or a message shows one. */
final class Carts {
    /** So many are kept, and the run's. */
    private static final int KEPT = 4;

    private final List<Cart> all = new ArrayList<>(KEPT + 2);
    /** Since when all are empty. */
    private long emptied = Long.MIN_VALUE;
    /** The event brought a cart that was not known. */
    private boolean isOneMore;

    /** Null is none. */
    static Carts of(byte[] bytes) {
        Carts carts = new Carts();
        if (bytes != null) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            int count = in.get();
            carts.emptied = in.getLong();
            for (int left = count; left > 0; left--) {
                carts.all.add(Cart.read(in));
            }
        }
        return carts;
    }

    /** Null where there is none. */
    byte[] bytes() {
        if (all.isEmpty() && emptied == Long.MIN_VALUE) {
            return null;
        }
        int length = 1 + Long.BYTES;
        for (Cart cart : all) {
            length += cart.length();
        }
        ByteBuffer out = ByteBuffer.allocate(length).put((byte) all.size()).putLong(emptied);
        for (Cart cart : all) {
            cart.write(out);
        }
        return out.array();
    }

    /** Takes in what the event says of a cart. */
    void learn(Event event) throws IOException {
        if (event.at < emptied) {
            return;
        }
        int before = all.size();
        if (event.kind == Event.EMPTIED && event.cartKey == 0) {
            emptied = event.at;
            for (Cart cart : all) {
                cart.remove(event.at);
            }
        } else if (event.cart != null) {
            Cart cart = called(event.cartKey);
            switch (event.kind) {
                case Event.CART -> cart.replace(event.cart, event.at);
                case Event.EMPTIED -> cart.remove(event.at);
                default -> cart.add(event.cart, event.at);
            }
        }
        isOneMore = all.size() > before;
    }

    private Cart called(long key) {
        Cart known = find(key);
        if (known == null) {
            known = new Cart(key);
            all.add(known);
        }
        return known;
    }

    /** Null where it is not known. */
    Cart find(long key) {
        for (Cart cart : all) {
            if (cart.key == key) {
                return cart;
            }
        }
        return null;
    }

    /**
     * Keeps the newest where there is one more, and the run's where one lives. Of the others, what is as old as {@code shown} is forgotten: only an event behind that time can have a
     * run be about another cart, and it brings the whole of it.
     */
    void forget(boolean lives, long ofRun, long shown) {
        int free = 0;
        for (Cart cart : all) {
            if (!lives || cart.key != ofRun) {
                cart.forget(shown);
                free++;
            }
        }
        for (; isOneMore && free > KEPT; free--) {
            Cart oldest = null;
            for (Cart cart : all) {
                boolean isFree = !lives || cart.key != ofRun;
                oldest = isFree && (oldest == null || cart.newness() < oldest.newness()) ? cart : oldest;
            }
            all.remove(oldest);
        }
    }
}
