package io.tributary.client.sync;

import io.tributary.core.model.RemoteId;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A hub that says what the test says. */
final class ScriptedHub implements Connector {
  static final RemoteId REMOTE = new RemoteId(0x0102030405064708L, 0x8102030405060708L);

  final World world;

  /** What the client sent on the present connection. */
  final List<ClientMessage> sent = new ArrayList<>();

  /** When the client tried to connect. */
  final List<Long> attempts = new ArrayList<>();

  final List<Integer> closedWith = new ArrayList<>();
  boolean accepts = true;
  boolean greets = true;
  RemoteId remote = REMOTE;
  boolean paused;
  private @Nullable LinkListener listener;

  ScriptedHub(World world) {
    this.world = world;
  }

  @Override
  public String url() {
    return "test:scripted";
  }

  @Override
  public void connect(LinkListener listener) {
    attempts.add(world.millis());
    world.wire("link", () -> {
      if (!accepts) {
        listener.failed(false, "nobody there");
        return;
      }
      this.listener = listener;
      sent.clear();
      listener.opened(new ClientEnd(listener));
      if (greets) {
        say(new ServerMessage.Hello(remote.toBytes()));
      }
    });
  }

  /** Says something, and lets the client do what it does about it. */
  void say(ServerMessage message) {
    LinkListener to = listener;
    if (to == null) {
      throw new IllegalStateException("not connected");
    }
    world.wire("link", () -> to.frame(V3Codec.encode(message)));
  }

  void close(int code) {
    LinkListener to = listener;
    listener = null;
    if (to != null) {
      world.wire("link", () -> to.closed(code, "scripted"));
      world.deliver();
    }
  }

  void ack(double id, double... sequences) {
    say(new ServerMessage.Ack(id, sequences));
    world.deliver();
  }

  /** The ids of the writes with entries sent on this connection. */
  List<Double> writes() {
    List<Double> ids = new ArrayList<>();
    for (ClientMessage message : sent) {
      if (message instanceof ClientMessage.WriteEntries write
          && !write.entries().isEmpty()) {
        ids.add(write.id());
      } else if (message instanceof ClientMessage.WriteEntriesUnencrypted write
          && !write.entries().isEmpty()) {
        ids.add(write.id());
      }
    }
    return ids;
  }

  /** The id of the last mark sent on this connection; -1 if there is none. */
  double mark() {
    double id = -1;
    for (ClientMessage message : sent) {
      if (message instanceof ClientMessage.WriteEntries write && write.inOrder()) {
        id = write.id();
      } else if (message instanceof ClientMessage.WriteEntriesUnencrypted write
          && write.inOrder()) {
        id = write.id();
      }
    }
    return id;
  }

  long pings() {
    return sent.stream().filter(ClientMessage.Ping.class::isInstance).count();
  }

  private final class ClientEnd implements Link {
    private final LinkListener of;

    ClientEnd(LinkListener of) {
      this.of = of;
    }

    @Override
    public void send(byte[] frame) {
      if (listener != of) {
        return;
      }
      try {
        sent.add(V3Codec.decodeClient(frame));
      } catch (MalformedMessageException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public boolean isFull() {
      return false;
    }

    @Override
    public void pause() {
      paused = true;
    }

    @Override
    public void resume() {
      paused = false;
    }

    @Override
    public void close(int code, String reason) {
      closedWith.add(code);
      if (listener == of) {
        listener = null;
        world.wire("link", () -> of.closed(code, reason));
      }
    }
  }
}
