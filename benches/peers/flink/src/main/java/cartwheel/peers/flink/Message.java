package cartwheel.peers.flink;

/** A message on its way to the topic. */
final class Message {
    byte[] key;
    byte[] value;
}
