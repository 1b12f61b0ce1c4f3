package io.tributary.client.sync;

import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;

/**
 * Makes the connectors that options ask for; all share two clients, which {@link #close} ends, and
 * their connections with them. For any thread.
 */
public final class Connectors {
  /** A peer's whole history may come in one message. */
  static final int MAX_MESSAGE = 256 << 20;

  /** After it, a connection that the peer doesn't help to close is cut. */
  static final int CLOSING_SECONDS = 2;

  private final Vertx vertx;
  private final WebSocketClient sockets;
  private final NetClient tcp;

  /** Connects by this Vert.x. */
  public Connectors(Vertx vertx) {
    this.vertx = vertx;
    this.sockets = vertx.createWebSocketClient(new WebSocketClientOptions()
        .setMaxFrameSize(MAX_MESSAGE)
        .setMaxMessageSize(MAX_MESSAGE)
        // Waiting for another remote's connection to end would be waiting for ever.
        .setMaxConnections(Integer.MAX_VALUE)
        .setClosingTimeout(CLOSING_SECONDS)
        .setTryUsePerMessageCompression(false)
        .setTryUsePerFrameCompression(false)
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true));
    this.tcp =
        vertx.createNetClient(new NetClientOptions().setTcpKeepAlive(true).setTcpNoDelay(true));
  }

  /** The way to a remote. */
  public Connector connector(RemoteOptions options) {
    Connector given = options.connector();
    if (given != null) {
      return given;
    }
    RemoteTarget target = RemoteTarget.of(options);
    if (target instanceof RemoteTarget.Tcp to) {
      return new TcpConnector(tcp, to, options.connectTimeout());
    }
    RemoteUrl url = ((RemoteTarget.Socket) target).url();
    return new WebSocketConnector(vertx, sockets, url, options);
  }

  /** Ends what is connected. Idempotent. */
  public Future<Void> close() {
    return Future.join(sockets.close(), tcp.close()).mapEmpty();
  }
}
