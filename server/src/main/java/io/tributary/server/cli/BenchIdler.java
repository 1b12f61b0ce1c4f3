package io.tributary.server.cli;

import io.tributary.core.wire.v3.ClientMessage;
import java.util.List;

/** Does what a client with nothing to say does: subscribe, one empty write, a ping now and then. */
final class BenchIdler extends BenchPeer {
  private final String publicKey;
  private int pings;

  BenchIdler(BenchLoop loop, String publicKey) {
    super(loop);
    this.publicKey = publicKey;
  }

  @Override
  void hello() {
    send(new ClientMessage.RequestChanges(publicKey, 0, false));
    send(new ClientMessage.WriteEntries(publicKey, 0, new byte[12], List.of()));
  }

  @Override
  void ack(int id, int count) {
    ready();
  }

  void ping() {
    send(new ClientMessage.Ping(++pings));
  }
}
