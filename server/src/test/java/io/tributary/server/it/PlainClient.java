package io.tributary.server.it;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.Entry;
import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.ClientSession;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;

/**
 * A client of one store in the clear, on one v3 connection. What it asks for that the hub refuses, or
 * does not answer before the connection ends, fails. Thread-safe; callbacks are called on its context.
 */
public final class PlainClient implements AutoCloseable {
  private final String publicKey;
  private final Context context;
  private final WebSocketClient client;
  private final ClientSession session = new ClientSession(
      new ClientSession.Options(1_000, 16L << 20, 0, 256L << 20), System.nanoTime() / 1_000_000);
  private final Promise<PlainClient> connected = Promise.promise();
  private final Promise<String> closed = Promise.promise();
  private final Map<Long, Promise<List<Long>>> writes = new HashMap<>();
  private final List<BiConsumer<Long, Entry>> subscribers = new ArrayList<>();

  private PlainClient(Vertx vertx, String publicKey) {
    this.publicKey = publicKey;
    this.context = vertx.getOrCreateContext();
    this.client = vertx.createWebSocketClient(
        new WebSocketClientOptions().setMaxFrameSize(1 << 20).setMaxMessageSize(1 << 20));
  }

  /** Connects, and waits for the hub's greeting. */
  public static PlainClient connect(Vertx vertx, String url, String publicKey) {
    PlainClient client = new PlainClient(vertx, publicKey);
    URI uri = URI.create(url);
    client.context.runOnContext(v -> client
        .client
        .connect(uri.getPort(), uri.getHost(), uri.getPath())
        .onComplete(client::opened, client.connected::tryFail));
    return get(client.connected.future());
  }

  private void opened(WebSocket socket) {
    socket.binaryMessageHandler(frame -> {
      session.receive(frame.getBytes(), System.nanoTime() / 1_000_000);
      turn(socket);
    });
    socket.closeHandler(v -> end("closed with " + socket.closeStatusCode()));
    closed.future().onComplete(v -> socket.close());
    context.put(this, socket);
  }

  private void turn(WebSocket socket) {
    for (ClientEvent event = session.pollEvent(); event != null; event = session.pollEvent()) {
      on(event);
    }
    for (byte[] frame = session.pollFrame(); frame != null; frame = session.pollFrame()) {
      var unused = socket.writeBinaryMessage(Buffer.buffer(frame));
    }
  }

  private void on(ClientEvent event) {
    if (event instanceof ClientEvent.Connected) {
      connected.tryComplete(this);
    } else if (event instanceof ClientEvent.Acked ack) {
      Promise<List<Long>> write = writes.remove(ack.write());
      write.complete(LongStream.of(ack.sequences()).boxed().toList());
    } else if (event instanceof ClientEvent.ReceivedUnencrypted changes) {
      for (PlainChange change : changes.entries()) {
        subscribers.forEach(each -> each.accept((long) change.remoteSequence(), change.entry()));
      }
    } else if (event instanceof ClientEvent.WriteRefused refused) {
      writes.remove(refused.write()).fail(refused.code() + ": " + refused.message());
    } else {
      end(event.toString());
    }
  }

  private void end(String why) {
    connected.tryFail(why);
    if (closed.tryComplete(why)) {
      writes.values().forEach(write -> write.tryFail(why));
      writes.clear();
    }
  }

  /** Writes; completes with the sequences, when the hub has them. */
  public Future<List<Long>> write(List<Entry> entries) {
    Promise<List<Long>> acked = Promise.promise();
    context.runOnContext(v -> {
      if (closed.future().isComplete()) {
        acked.fail("not connected");
      } else {
        List<PlainItem> items = entries.stream().map(PlainItem::of).toList();
        writes.put(session.writeUnencrypted(publicKey, items), acked);
        turn(context.get(this));
      }
    });
    return acked.future();
  }

  /** Asks for everything from a sequence on. */
  public void subscribe(long from, BiConsumer<Long, Entry> subscriber) {
    context.runOnContext(v -> {
      subscribers.add(subscriber);
      session.subscribe(publicKey, true, from);
      turn(context.get(this));
    });
  }

  /** Completes with the reason when the connection has ended, or the hub has broken the protocol. */
  public Future<String> closed() {
    return closed.future();
  }

  /** Waits, for as long as nothing takes. */
  @CanIgnoreReturnValue
  public static <T> T get(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    context.runOnContext(v -> end("closed here"));
    var unused = client.close();
  }
}
