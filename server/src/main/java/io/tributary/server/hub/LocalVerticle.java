package io.tributary.server.hub;

import io.tributary.client.sync.Connector;
import io.tributary.client.sync.LinkListener;
import io.tributary.core.session.CloseCode;
import io.tributary.core.session.RemoteUrl;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Sessions of peers in this process, which need no socket and no token. */
final class LocalVerticle extends VerticleBase {
  /** So much may a peer send before it is told to wait. */
  private static final int INBOUND_BYTES = 1 << 20;

  private final HubContext hub;
  private final SessionHost.Place place;
  private volatile @Nullable SessionHost sessions;

  /** @param instance whose place its sessions have, beside those of the socket verticles */
  LocalVerticle(HubContext hub, int instance) {
    this.hub = hub;
    this.place =
        new SessionHost.Place(hub.topology().socket(instance), hub.topology().goodbye(instance));
  }

  /** Where it is told to say goodbye to its peers. */
  String goodbye() {
    return place.goodbye();
  }

  @Override
  public Future<?> start() {
    SessionHost host = new SessionHost(vertx, context, hub, place);
    return host.start().onSuccess(v -> sessions = host);
  }

  /**
   * The way to a tenant, for any thread.
   *
   * @throws IllegalArgumentException if it is no tenant
   */
  Connector connector(String tenant) {
    RemoteUrl unused = RemoteUrl.build("ws://localhost", tenant);
    return new Connector() {
      @Override
      public String url() {
        return "in-process:" + tenant;
      }

      @Override
      public void connect(LinkListener listener) {
        Context current = Vertx.currentContext();
        Context peer = current == null ? vertx.getOrCreateContext() : current;
        context.runOnContext(v -> LocalVerticle.this.connect(tenant, peer, listener));
      }
    };
  }

  private void connect(String tenant, Context peer, LinkListener listener) {
    SessionHost host = sessions;
    if (host == null || hub.readiness().isStopping()) {
      refuse(peer, listener, "the hub is stopping");
    } else if (!hub.connections().tryOpen()) {
      refuse(peer, listener, "limits.connections is reached");
    } else if (!hub.connections().tryEnter(tenant)) {
      hub.connections().closed();
      refuse(peer, listener, "limits.connectionsPerTenant is reached");
    } else {
      new Pipe(peer, listener).open(host, tenant);
    }
  }

  private void refuse(Context peer, LinkListener listener, String reason) {
    hub.metrics().refused(503);
    peer.runOnContext(v -> listener.failed(false, reason));
  }

  /** A connection: this is its hub's end, confined to the verticle's context. */
  private final class Pipe implements SessionHost.Link {
    private final PeerEnd peer;
    private final OutboundBytes outbound;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private boolean paused;
    private boolean over;
    private SessionHost.@Nullable Connection connection;

    Pipe(Context context, LinkListener listener) {
      this.peer = new PeerEnd(context, listener, this);
      this.outbound =
          new OutboundBytes(hub.metrics(), hub.config().limits().outboundBytes(), this::onWritable);
    }

    void open(SessionHost host, String tenant) {
      // Before the session's first words.
      peer.context.runOnContext(v -> peer.opened());
      connection = host.open(hub.tokens().inside(tenant), this);
    }

    void receive(byte[] frame) {
      if (!over) {
        waiting.add(frame);
        drain();
      }
    }

    private void drain() {
      while (!paused && !over) {
        byte[] frame = waiting.poll();
        if (frame == null) {
          return;
        }
        int length = frame.length;
        peer.context.runOnContext(v -> peer.taken(length));
        SessionHost.Connection session = connection;
        if (session != null && length > hub.config().limits().frame()) {
          session.close(CloseCode.TOO_BIG, "a frame is longer than limits.frame allows");
        } else if (session != null) {
          session.onFrame(frame);
        }
      }
    }

    /** The peer has closed it. */
    void closed(int code) {
      if (!over) {
        end();
        SessionHost.Connection session = connection;
        if (session != null) {
          session.onClosed(code);
        }
      }
    }

    private void end() {
      over = true;
      waiting.clear();
      outbound.end();
      hub.connections().closed();
    }

    private void onWritable() {
      if (connection != null) {
        connection.onWritable();
      }
    }

    @Override
    public Transport transport() {
      return Transport.IN_PROCESS;
    }

    @Override
    public boolean writable() {
      return outbound.writable();
    }

    @Override
    public void send(Buffer frame) {
      if (!over) {
        Promise<Void> taken = Promise.promise();
        outbound.sending(frame.length(), taken.future());
        // Others may be sent the same buffer.
        byte[] bytes = frame.getBytes();
        peer.context.runOnContext(v -> peer.receive(bytes, taken));
      }
    }

    @Override
    public void close(int code, String reason) {
      if (!over) {
        end();
        peer.context.runOnContext(v -> peer.closed(code, reason));
      }
    }

    @Override
    public void pause() {
      paused = true;
    }

    @Override
    public void resume() {
      if (paused) {
        paused = false;
        // Not from within the session.
        context.runOnContext(v -> drain());
      }
    }

    @Override
    public String remoteAddress() {
      return "in process";
    }
  }

  /** Its other end, confined to the peer's context. */
  private final class PeerEnd implements io.tributary.client.sync.Link {
    private record Frame(byte[] bytes, Promise<Void> taken) {}

    private final Context context;
    private final LinkListener listener;
    private final Pipe hubEnd;
    private final ArrayDeque<Frame> waiting = new ArrayDeque<>();
    private boolean paused;
    private boolean over;
    private int sent;

    PeerEnd(Context context, LinkListener listener, Pipe hubEnd) {
      this.context = context;
      this.listener = listener;
      this.hubEnd = hubEnd;
    }

    void opened() {
      listener.opened(this);
    }

    void receive(byte[] bytes, Promise<Void> taken) {
      if (!over) {
        waiting.add(new Frame(bytes, taken));
        drain();
      }
    }

    private void drain() {
      while (!paused && !over) {
        Frame frame = waiting.poll();
        if (frame == null) {
          return;
        }
        LocalVerticle.this.context.runOnContext(v -> frame.taken.complete());
        listener.frame(frame.bytes);
      }
    }

    /** The hub has taken a frame. */
    void taken(int bytes) {
      boolean wasFull = isFull();
      sent -= bytes;
      if (wasFull && !isFull() && !over) {
        listener.drained();
      }
    }

    void closed(int code, String reason) {
      if (!over) {
        over = true;
        waiting.clear();
        listener.closed(code, reason);
      }
    }

    @Override
    public void send(byte[] frame) {
      if (!over) {
        sent += frame.length;
        LocalVerticle.this.context.runOnContext(v -> hubEnd.receive(frame));
      }
    }

    @Override
    public boolean isFull() {
      return sent >= INBOUND_BYTES;
    }

    @Override
    public void pause() {
      paused = true;
    }

    @Override
    public void resume() {
      if (paused) {
        paused = false;
        context.runOnContext(v -> drain());
      }
    }

    @Override
    public void close(int code, String reason) {
      if (!over) {
        LocalVerticle.this.context.runOnContext(v -> hubEnd.closed(code));
        // Not from within: the listener is told after what asked for it.
        context.runOnContext(v -> closed(code, reason));
      }
    }
  }
}
