package io.tributary.server.hub;

import static java.util.Objects.requireNonNull;

import io.tributary.core.session.CloseCode;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.MessageSplitter;
import io.tributary.server.access.Grant;
import io.tributary.server.config.TcpConfig;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TCP listener: the same sessions, as MessagePack values back to back, all of one tenant and
 * without tokens.
 */
final class TcpVerticle extends VerticleBase {
  private static final Logger logger = LoggerFactory.getLogger(TcpVerticle.class);

  private final HubContext hub;
  private final SessionHost.Place place;
  private @Nullable NetServer server;

  TcpVerticle(HubContext hub, int instance) {
    this.hub = hub;
    this.place =
        new SessionHost.Place(hub.topology().socket(instance), hub.topology().goodbye(instance));
  }

  /** The port that is listened on, once started. */
  int port() {
    return requireNonNull(server, "not started").actualPort();
  }

  @Override
  public Future<?> start() {
    TcpConfig config = hub.config().tcp();
    SessionHost host = new SessionHost(vertx, context, hub, place);
    NetServer tcp = vertx.createNetServer(new NetServerOptions()
        .setHost(config.host())
        .setPort(config.port())
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true));
    server = tcp;
    tcp.connectHandler(socket -> onConnection(host, socket));
    return host.start()
        .compose(v -> tcp.listen())
        .recover(failure -> Future.failedFuture(new IOException(
            "cannot listen on tcp.host "
                + config.host()
                + ", tcp.port "
                + config.port()
                + ": "
                + failure.getMessage(),
            failure)));
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.close();
  }

  private void onConnection(SessionHost host, NetSocket socket) {
    String tenant = hub.config().tcp().tenant();
    Optional<Grant> grant = hub.tokens().withoutToken(tenant);
    if (hub.readiness().isStopping()) {
      end(socket, "the hub is stopping");
    } else if (grant.isEmpty()) {
      end(socket, "tenant " + tenant + " now asks for a token, which TCP cannot carry");
    } else if (!hub.connections().tryOpen()) {
      end(socket, "limits.connections is reached");
    } else if (!hub.connections().tryEnter(tenant)) {
      hub.connections().closed();
      end(socket, "limits.connectionsPerTenant is reached");
    } else {
      new Link(socket).open(host, grant.get());
    }
  }

  private void end(NetSocket socket, String reason) {
    hub.metrics().refused(503);
    logger.info("remote={} refused: {}", socket.remoteAddress(), reason);
    closeQuietly(socket);
  }

  private static void closeQuietly(NetSocket socket) {
    socket
        .close()
        .onFailure(failure -> logger.debug("closing a connection: {}", failure.getMessage()));
  }

  /** One TCP connection. */
  private final class Link implements SessionHost.Link {
    private final NetSocket socket;
    private final MessageSplitter splitter;
    private final OutboundBytes outbound;
    private SessionHost.@Nullable Connection connection;

    Link(NetSocket socket) {
      this.socket = socket;
      this.splitter = new MessageSplitter(hub.config().limits().frame());
      this.outbound =
          new OutboundBytes(hub.metrics(), hub.config().limits().outboundBytes(), this::onWritable);
    }

    void open(SessionHost host, Grant grant) {
      socket.handler(this::onRead);
      socket.exceptionHandler(
          failure -> logger.debug("remote={} {}", remoteAddress(), failure.toString()));
      socket.closeHandler(v -> onClosed());
      connection = host.open(grant, this);
    }

    private void onRead(Buffer read) {
      SessionHost.Connection session = connection;
      if (session == null || outbound.ended()) {
        return;
      }
      splitter.feed(read);
      try {
        Optional<byte[]> message = splitter.next();
        while (message.isPresent() && !outbound.ended()) {
          session.onFrame(message.get());
          message = splitter.next();
        }
      } catch (MalformedMessageException e) {
        session.close(CloseCode.INVALID_PAYLOAD, String.valueOf(e.getMessage()));
      }
    }

    private void onWritable() {
      if (connection != null) {
        connection.onWritable();
      }
    }

    private void onClosed() {
      outbound.end();
      hub.connections().closed();
      if (connection != null) {
        connection.onClosed(CloseCode.NO_CLOSE_FRAME);
      }
    }

    @Override
    public Transport transport() {
      return Transport.TCP;
    }

    @Override
    public boolean writable() {
      return outbound.writable();
    }

    @Override
    public void send(Buffer frame) {
      if (!outbound.ended()) {
        outbound.sending(frame.length(), socket.write(frame));
      }
    }

    @Override
    public void close(int code, String reason) {
      outbound.end();
      closeQuietly(socket);
    }

    @Override
    public void pause() {
      socket.pause();
    }

    @Override
    public void resume() {
      socket.resume();
    }

    @Override
    public String remoteAddress() {
      return String.valueOf(socket.remoteAddress());
    }
  }
}
