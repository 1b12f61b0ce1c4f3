package io.tributary.server.hub;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.tributary.core.session.CloseCode;
import io.tributary.server.access.Grant;
import io.tributary.server.access.Handshake;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.http.Sockets;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The main listener: upgrades to WebSockets, and the health pages beside them. */
final class SocketVerticle extends VerticleBase {
  private static final Logger logger = LoggerFactory.getLogger(SocketVerticle.class);
  private static final int BACKLOG = 4096;
  private static final int CLOSING_SECONDS = 2;
  private static final int MAX_REASON = 123;

  private static final Handshake.Refused TOO_MANY = new Handshake.Refused(
      503,
      "Too many connections",
      Map.of("Retry-After", "5"),
      "limits.connectionsPerTenant is reached");

  private static final Handshake.Refused STOPPING = new Handshake.Refused(
      503, "The hub is stopping", Map.of("Retry-After", "5"), "the hub is stopping");

  private final HubContext hub;
  private final SessionHost.Place place;
  private final Consumer<Router> pages;
  private final IdentityHashMap<HttpConnection, Long> handshakes = new IdentityHashMap<>();
  private @Nullable HttpServer server;
  private @Nullable SessionHost sessions;

  /**
   * @param instance which of the hub's socket verticles this is
   * @param pages adds the other routes of the main listener
   */
  SocketVerticle(HubContext hub, int instance, Consumer<Router> pages) {
    this.hub = hub;
    this.place =
        new SessionHost.Place(hub.topology().socket(instance), hub.topology().goodbye(instance));
    this.pages = pages;
  }

  /** The port that is listened on, once started. */
  int port() {
    return requireNonNull(server, "not started").actualPort();
  }

  @Override
  public Future<?> start() {
    SessionHost host = new SessionHost(vertx, context, hub, place);
    sessions = host;
    Router router = Router.router(vertx);
    pages.accept(router);
    LimitsConfig limits = hub.config().limits();
    HttpServer http = vertx.createHttpServer(new HttpServerOptions()
        .setHost(hub.config().host())
        // A negative port: all instances share one that the system picks.
        .setPort(hub.config().port() == 0 ? -1 : hub.config().port())
        .setAcceptBacklog(BACKLOG)
        .setTcpKeepAlive(true)
        // Else the connection handler is not called before the first request's bytes.
        .setHttp2ClearTextEnabled(false)
        .setMaxWebSocketFrameSize(limits.frame())
        .setWebSocketClosingTimeout(CLOSING_SECONDS)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false));
    server = http;
    router.route().handler(routing -> onRequest(routing.request()));
    http.connectionHandler(this::onConnection).requestHandler(request -> {
      // The router wraps sockets, and Sockets needs them as they are.
      if (request.path() != null && request.path().startsWith("/event-log")) {
        onRequest(request);
      } else {
        router.handle(request);
      }
    });
    return host.start()
        .compose(v -> http.listen())
        .recover(failure -> Future.failedFuture(new IOException(
            "cannot listen on host "
                + hub.config().host()
                + ", port "
                + hub.config().port()
                + ": "
                + failure.getMessage(),
            failure)));
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.close();
  }

  private void onConnection(HttpConnection connection) {
    if (!hub.connections().tryOpen()) {
      logger.info("remote={} refused: limits.connections is reached", connection.remoteAddress());
      hub.metrics().refused(503);
      closeQuietly(connection);
      return;
    }
    long timer = vertx.setTimer(hub.config().limits().handshakeTimeout().toMillis(), id -> {
      logger.info(
          "remote={} closed: no WebSocket within limits.handshakeTimeout",
          connection.remoteAddress());
      closeQuietly(connection);
    });
    handshakes.put(connection, timer);
    // Not called any more once the connection has become a WebSocket.
    connection.closeHandler(v -> {
      handshakeDone(connection);
      hub.connections().closed();
    });
  }

  private void handshakeDone(HttpConnection connection) {
    Long timer = handshakes.remove(connection);
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
  }

  private static void closeQuietly(HttpConnection connection) {
    connection
        .close()
        .onFailure(failure -> logger.debug("closing a connection: {}", failure.getMessage()));
  }

  private void onRequest(HttpServerRequest request) {
    Handshake.Decision decision = hub.handshake().decide(request);
    if (decision instanceof Handshake.Refused refused) {
      refuse(request, refused);
    } else if (hub.readiness().isStopping()) {
      refuse(request, STOPPING);
    } else if (decision instanceof Handshake.Accepted accepted) {
      if (hub.connections().tryEnter(accepted.grant().principal().tenant())) {
        upgrade(request, accepted);
      } else {
        refuse(request, TOO_MANY);
      }
    }
  }

  private void refuse(HttpServerRequest request, Handshake.Refused refused) {
    hub.metrics().refused(refused.status());
    logger.info(
        "remote={} path={} refused with {}: {}",
        request.remoteAddress(),
        request.path(),
        refused.status(),
        refused.reason());
    refused.answer(request.response());
  }

  private void upgrade(HttpServerRequest request, Handshake.Accepted accepted) {
    if (accepted.subprotocol() != null) {
      request.response().putHeader("Sec-WebSocket-Protocol", accepted.subprotocol());
    }
    request
        .toWebSocket()
        .onSuccess(socket -> {
          handshakeDone(request.connection());
          new Socket(socket).open(accepted.grant());
        })
        .onFailure(failure -> {
          hub.connections().left(accepted.grant().principal().tenant());
          logger.info(
              "remote={} upgrade failed: {}", request.remoteAddress(), failure.getMessage());
        });
  }

  /** One WebSocket. */
  private final class Socket implements SessionHost.Link {
    private final ServerWebSocket socket;
    private final LimitsConfig limits = hub.config().limits();
    private final OutboundBytes outbound;
    private SessionHost.@Nullable Connection connection;
    private @Nullable Buffer fragments;

    Socket(ServerWebSocket socket) {
      this.socket = socket;
      this.outbound = new OutboundBytes(hub.metrics(), limits.outboundBytes(), this::onWritable);
    }

    void open(Grant grant) {
      Sockets.limitPings(socket);
      Sockets.gatherWrites(socket);
      // Bytes are counted here; Vert.x's own queue counts messages and is kept out of the way.
      socket.setWriteQueueMaxSize(Math.max(1, limits.outboundBytes()));
      socket.frameHandler(this::onFrame);
      socket.exceptionHandler(this::onException);
      socket.closeHandler(v -> onClosed());
      connection = requireNonNull(sessions).open(grant, this);
    }

    private void onFrame(WebSocketFrame frame) {
      SessionHost.Connection session = connection;
      if (session == null || outbound.ended()) {
        return;
      }
      if (frame.isText()) {
        session.close(CloseCode.UNSUPPORTED_DATA, "a text frame: messages are binary");
      } else if (frame.isBinary() && frame.isFinal()) {
        session.onFrame(frame.binaryData().getBytes());
      } else if (frame.isBinary() || frame.isContinuation()) {
        onFragment(session, frame);
      }
    }

    private void onFragment(SessionHost.Connection session, WebSocketFrame frame) {
      Buffer begun = fragments == null ? Buffer.buffer() : fragments;
      if (begun.length() + frame.binaryData().length() > limits.frame()) {
        session.close(CloseCode.TOO_BIG, "a fragmented message is longer than limits.frame allows");
        return;
      }
      begun.appendBuffer(frame.binaryData());
      fragments = frame.isFinal() ? null : begun;
      if (frame.isFinal()) {
        session.onFrame(begun.getBytes());
      }
    }

    private void onException(Throwable failure) {
      if (failure instanceof CorruptedWebSocketFrameException bad && connection != null) {
        // The connection is closed after this; a peer that is told why sees no 1006.
        connection.close(bad.closeStatus().code(), "a bad frame: " + bad.getMessage());
      } else {
        logger.debug("remote={} {}", remoteAddress(), failure.toString());
      }
    }

    private void onClosed() {
      outbound.end();
      hub.connections().closed();
      fragments = null;
      if (connection != null) {
        Short code = socket.closeStatusCode();
        connection.onClosed(code == null ? CloseCode.NO_CLOSE_FRAME : code);
      }
    }

    @Override
    public Transport transport() {
      return Transport.WEBSOCKET;
    }

    private void onWritable() {
      if (connection != null) {
        connection.onWritable();
      }
    }

    @Override
    public boolean writable() {
      return outbound.writable();
    }

    @Override
    public void send(Buffer frame) {
      if (!outbound.ended()) {
        outbound.sending(frame.length(), socket.writeBinaryMessage(frame));
      }
    }

    @Override
    public void close(int code, String reason) {
      outbound.end();
      Sockets.close(vertx, socket, code, cut(reason), CLOSING_SECONDS * 1000L);
    }

    /** A close frame has room for 123 bytes of reason. */
    private static String cut(String reason) {
      String ascii = reason.replaceAll("[^\\x20-\\x7e]", "?");
      return ascii.length() <= MAX_REASON ? ascii : ascii.substring(0, MAX_REASON);
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
