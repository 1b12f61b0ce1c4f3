package io.tributary.client.sync;

import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects to a hub by WebSocket: each message is one binary one. */
final class WebSocketConnector implements Connector {
  private static final Logger logger = LoggerFactory.getLogger(WebSocketConnector.class);
  private static final short UNSUPPORTED_DATA = 1003;
  private static final int NO_CLOSE_FRAME = 1006;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  /** A close frame has room for 123 bytes of reason. */
  private static final int MAX_REASON = 123;

  private final Vertx vertx;
  private final WebSocketClient client;
  private final RemoteUrl url;
  private final RemoteOptions options;

  WebSocketConnector(Vertx vertx, WebSocketClient client, RemoteUrl url, RemoteOptions options) {
    this.vertx = vertx;
    this.client = client;
    this.url = url;
    this.options = options;
  }

  @Override
  public String url() {
    return url.toString();
  }

  @Override
  public void connect(LinkListener listener) {
    Context context = vertx.getOrCreateContext();
    // What is answered too late is closed, and no longer told.
    Attempt attempt = new Attempt(context, listener);
    attempt.begin();
  }

  private WebSocketConnectOptions request() {
    long timeoutMs = options.connectTimeout().toMillis();
    WebSocketConnectOptions request = new WebSocketConnectOptions()
        .setHost(url.host())
        .setPort(url.port())
        .setURI(uri())
        .setSsl(url.tls())
        .setTimeout(timeoutMs)
        .setConnectTimeout(timeoutMs)
        // no browser is at work here; one that is asked for is sent
        .setAllowOriginHeader(
            options.headers().keySet().stream().anyMatch("Origin"::equalsIgnoreCase));
    if (url.tls()) {
      ClientSSLOptions tls = new ClientSSLOptions().setHostnameVerificationAlgorithm("HTTPS");
      if (options.trust() != null) {
        tls.setTrustOptions(new PemTrustOptions().addCertPath(options.trust()));
      }
      request.setSslOptions(tls);
    }
    options.headers().forEach(request::putHeader);
    String token = options.token();
    if (token != null && options.carrier() == RemoteOptions.Carrier.BEARER) {
      request.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
    } else if (token != null && options.carrier() == RemoteOptions.Carrier.SUBPROTOCOL) {
      request.addSubProtocol("sync-auth." + token);
    }
    return request;
  }

  private String uri() {
    String token = options.token();
    if (token == null || options.carrier() != RemoteOptions.Carrier.QUERY) {
      return url.path();
    }
    return url.path()
        + (url.path().indexOf('?') < 0 ? '?' : '&')
        + "token="
        + URLEncoder.encode(token, StandardCharsets.UTF_8);
  }

  /** One attempt to connect, and what becomes of it. */
  private final class Attempt {
    private final Context context;
    private final LinkListener listener;
    private boolean decided;

    Attempt(Context context, LinkListener listener) {
      this.context = context;
      this.listener = listener;
    }

    void begin() {
      long timer = vertx.setTimer(
          options.connectTimeout().toMillis(),
          t -> context.runOnContext(
              v -> fail(false, "no answer within " + options.connectTimeout().toMillis() + " ms")));
      client.connect(request()).onComplete(done -> {
        vertx.cancelTimer(timer);
        if (done.succeeded()) {
          opened(done.result());
        } else {
          failed(done.cause());
        }
      });
    }

    private void opened(WebSocket socket) {
      if (decided) {
        socket.close().onFailure(e -> logger.debug("closing a late connection: {}", e.toString()));
        return;
      }
      decided = true;
      new Socket(socket, context, listener).open();
    }

    private void failed(Throwable cause) {
      boolean unauthorized = cause instanceof UpgradeRejectedException refusal
          && (refusal.getStatus() == UNAUTHORIZED || refusal.getStatus() == FORBIDDEN);
      fail(unauthorized, ConnectReasons.of(cause, url, options.token() != null));
    }

    private void fail(boolean unauthorized, String reason) {
      if (!decided) {
        decided = true;
        listener.failed(unauthorized, reason);
      }
    }
  }

  /** One open WebSocket. Refers to its connector: a client that nobody knows any more is closed. */
  private final class Socket implements Link {
    private final WebSocket socket;
    private final Context context;
    private final LinkListener listener;
    private final Outbound outbound;
    private boolean closing;
    private boolean over;
    private @Nullable String trouble;

    Socket(WebSocket socket, Context context, LinkListener listener) {
      this.socket = socket;
      this.context = context;
      this.listener = listener;
      this.outbound = new Outbound(listener::drained);
    }

    void open() {
      // Bytes are counted here; Vert.x's own queue counts messages and is kept out of the way.
      socket.setWriteQueueMaxSize(Connectors.MAX_MESSAGE);
      socket.binaryMessageHandler(message -> {
        if (!closing && !over) {
          listener.frame(message.getBytes());
        }
      });
      socket.textMessageHandler(
          text -> close(UNSUPPORTED_DATA, "a text frame: messages are binary"));
      socket.exceptionHandler(failure -> {
        trouble = failure.getMessage();
        logger.debug("{}: {}", url, failure.toString());
      });
      socket.closeHandler(v -> {
        Short code = socket.closeStatusCode();
        String said = socket.closeReason();
        over(
            code == null ? NO_CLOSE_FRAME : code,
            said != null && !said.isEmpty()
                ? said
                : trouble != null ? trouble : "the connection was closed");
      });
      listener.opened(this);
    }

    private void over(int code, String reason) {
      if (!over) {
        over = true;
        outbound.end();
        listener.closed(code, reason);
      }
    }

    @Override
    public void send(byte[] frame) {
      if (!closing && !over) {
        outbound.sending(frame.length, socket.writeBinaryMessage(Buffer.buffer(frame)));
      }
    }

    @Override
    public boolean isFull() {
      return outbound.isFull();
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
    public void close(int code, String reason) {
      if (closing || over) {
        return;
      }
      closing = true;
      outbound.end();
      // Else a close frame of the other side would wait behind what nobody wants to read.
      socket.resume();
      // One that doesn't read can't be waited for.
      long timer = vertx.setTimer(
          TimeUnit.SECONDS.toMillis(Connectors.CLOSING_SECONDS) + 1,
          t -> context.runOnContext(v -> over(code, reason)));
      socket
          .shutdown(Connectors.CLOSING_SECONDS, TimeUnit.SECONDS, (short) code, cut(reason))
          .onComplete(done -> vertx.cancelTimer(timer));
    }

    private static String cut(String reason) {
      String ascii = reason.replaceAll("[^\\x20-\\x7e]", "?");
      return ascii.length() <= MAX_REASON ? ascii : ascii.substring(0, MAX_REASON);
    }
  }
}
