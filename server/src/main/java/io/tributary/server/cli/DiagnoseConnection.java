package io.tributary.server.cli;

import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.ClientSession;
import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries a {@link ClientSession} over a WebSocket for somebody who waits for one thing after the
 * other. Confined to the context it was opened on.
 */
final class DiagnoseConnection {
  private record Waiter(Class<? extends ClientEvent> type, Promise<ClientEvent> promise) {}

  private final Context context;
  private final WebSocket socket;
  private final ClientSession session;
  private final ArrayDeque<ClientEvent> events = new ArrayDeque<>();
  private @Nullable Waiter waiter;
  private @Nullable String over;

  private DiagnoseConnection(Context context, WebSocket socket) {
    this.context = context;
    this.socket = socket;
    this.session = new ClientSession(ClientSession.Options.DEFAULT, now());
  }

  /** Connects; fails with what the connect or the upgrade failed with. */
  static Future<DiagnoseConnection> open(
      Vertx vertx, WebSocketClient client, RemoteUrl url, @Nullable String token) {
    Context context = vertx.getOrCreateContext();
    WebSocketConnectOptions options = new WebSocketConnectOptions()
        .setHost(url.host())
        .setPort(url.port())
        .setURI(url.path())
        .setSsl(url.tls())
        // no browser is at work here
        .setAllowOriginHeader(false);
    if (token != null) {
      options.putHeader("Authorization", "Bearer " + token);
    }
    Promise<DiagnoseConnection> opened = Promise.promise();
    context.runOnContext(ignored -> client
        .connect(options)
        .map(socket -> new DiagnoseConnection(context, socket).listen())
        .onComplete(opened));
    return opened.future();
  }

  private DiagnoseConnection listen() {
    socket.binaryMessageHandler(frame -> {
      session.receive(frame.getBytes(), now());
      flush();
    });
    socket.textMessageHandler(text -> end("the server sent a text frame: it is no event log hub"));
    socket.exceptionHandler(cause -> end(String.valueOf(cause.getMessage())));
    socket.closeHandler(ignored -> end(DiagnoseReasons.ofClose(socket)));
    return this;
  }

  /** Lets {@code request} ask something of the session. */
  void ask(Consumer<ClientSession> request) {
    context.runOnContext(ignored -> {
      if (over == null) {
        request.accept(session);
        flush();
      }
    });
  }

  /**
   * The next event of a type, whether it has come already or not; others before it are dropped. Fails
   * with a reason for people once there can be none.
   */
  <E extends ClientEvent> Future<E> next(Class<E> type) {
    Promise<ClientEvent> promise = Promise.promise();
    context.runOnContext(ignored -> {
      waiter = new Waiter(type, promise);
      serve();
    });
    return promise.future().map(type::cast);
  }

  Future<Void> close() {
    return socket.close();
  }

  private void flush() {
    byte[] frame;
    while ((frame = session.pollFrame()) != null) {
      socket
          .writeBinaryMessage(Buffer.buffer(frame))
          .onFailure(cause -> end(String.valueOf(cause.getMessage())));
    }
    ClientEvent event;
    while ((event = session.pollEvent()) != null) {
      if (event instanceof ClientEvent.Failed failed) {
        end("the server broke the protocol: " + failed.reason());
      } else {
        events.add(event);
      }
    }
    serve();
  }

  private void end(String reason) {
    if (over == null) {
      over = reason;
      serve();
    }
  }

  private void serve() {
    Waiter waiting = waiter;
    if (waiting == null) {
      return;
    }
    for (Iterator<ClientEvent> it = events.iterator(); it.hasNext(); ) {
      ClientEvent event = it.next();
      it.remove();
      if (waiting.type.isInstance(event)) {
        waiter = null;
        waiting.promise.complete(event);
        return;
      }
    }
    if (over != null) {
      waiter = null;
      waiting.promise.fail(over);
    }
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
