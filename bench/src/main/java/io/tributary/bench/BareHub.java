package io.tributary.bench;

import io.tributary.core.model.DataSetId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A WebSocket loop that says hello, decodes writes and acks them at once with ascending numbers. It
 * stores nothing, checks nothing and knows no duplicates. What is written goes to the sockets that
 * asked for the identity, the writer excepted, as one buffer for all of them.
 */
public final class BareHub extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(BareHub.class);
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  /** What all event loops share about an identity. */
  private static final class Store {
    final AtomicLong head = new AtomicLong();
    final List<ServerWebSocket> subscribers = new CopyOnWriteArrayList<>();
  }

  private final int port;
  private final Map<String, Store> stores;
  private final AtomicInteger listening;
  private final byte[] hello = V3Codec.encode(
      new ServerMessage.Hello(RemoteId.of(DataSetId.random(), "bare", "v3").toBytes()));

  private BareHub(int port, Map<String, Store> stores, AtomicInteger listening) {
    this.port = port;
    this.stores = stores;
    this.listening = listening;
  }

  /**
   * Runs until it is killed.
   *
   * @param args the port; 0 = any free one
   */
  public static void main(String[] args) {
    int asked = Integer.parseInt(args[0]);
    // to Vert.x, -1 is one free port for all instances, 0 one for each
    int port = asked == 0 ? -1 : asked;
    AtomicInteger listening = new AtomicInteger();
    Map<String, Store> stores = new ConcurrentHashMap<>();
    int loops = Runtime.getRuntime().availableProcessors();
    Vertx.vertx()
        .deployVerticle(
            () -> new BareHub(port, stores, listening), new DeploymentOptions().setInstances(loops))
        .onSuccess(id -> LOG.info("ready: ws://127.0.0.1:{}/event-log/{}", listening, "{tenant}"))
        .onFailure(cause -> {
          LOG.error("cannot listen on port {}", asked, cause);
          Runtime.getRuntime().halt(1);
        });
  }

  @Override
  public Future<HttpServer> start() {
    return vertx
        .createHttpServer(new HttpServerOptions()
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setMaxWebSocketFrameSize(1 << 20)
            .setMaxWebSocketMessageSize(MAX_MESSAGE_BYTES))
        .webSocketHandler(this::accept)
        .listen(port, "127.0.0.1")
        .onSuccess(server -> listening.set(server.actualPort()));
  }

  private void accept(ServerWebSocket socket) {
    List<Store> subscriptions = new ArrayList<>();
    socket.binaryMessageHandler(frame -> receive(socket, frame, subscriptions));
    socket.closeHandler(ignored -> {
      for (Store store : subscriptions) {
        store.subscribers.remove(socket);
      }
    });
    send(socket, Buffer.buffer(hello));
  }

  private void receive(ServerWebSocket socket, Buffer frame, List<Store> subscriptions) {
    try {
      ClientMessage message = V3Codec.decodeClient(frame.getBytes());
      if (message instanceof ClientMessage.WriteEntries write) {
        write(socket, write);
      } else if (message instanceof ClientMessage.RequestChanges request) {
        Store store = store(request.publicKey());
        store.subscribers.add(socket);
        subscriptions.add(store);
      } else if (message instanceof ClientMessage.Ping ping) {
        send(socket, Buffer.buffer(V3Codec.encode(new ServerMessage.Pong(ping.id()))));
      }
    } catch (MalformedMessageException e) {
      LOG.warn("malformed frame: {}", e.getMessage());
    }
  }

  private void write(ServerWebSocket socket, ClientMessage.WriteEntries write) {
    Store store = store(write.publicKey());
    int count = write.entries().size();
    long first = store.head.getAndAdd(count) + 1;
    double[] sequences = new double[count];
    for (int i = 0; i < count; i++) {
      sequences[i] = first + i;
    }
    send(socket, Buffer.buffer(V3Codec.encode(new ServerMessage.Ack(write.id(), sequences))));
    Buffer changes = null;
    for (ServerWebSocket subscriber : store.subscribers) {
      if (subscriber != socket) {
        if (changes == null) {
          changes = changes(write, sequences);
        }
        send(subscriber, changes);
      }
    }
  }

  private static Buffer changes(ClientMessage.WriteEntries write, double[] sequences) {
    List<ServerMessage.SealedChange> entries = new ArrayList<>(sequences.length);
    for (int i = 0; i < sequences.length; i++) {
      ClientMessage.SealedItem item = write.entries().get(i);
      entries.add(new ServerMessage.SealedChange(
          sequences[i], write.iv(), item.entryId(), item.ciphertext()));
    }
    return Buffer.buffer(V3Codec.encode(new ServerMessage.Changes(write.publicKey(), entries)));
  }

  private Store store(String publicKey) {
    return stores.computeIfAbsent(publicKey, key -> new Store());
  }

  private static void send(ServerWebSocket socket, Buffer message) {
    socket
        .writeBinaryMessage(message)
        .onFailure(cause -> LOG.debug("not sent: {}", cause.getMessage()));
  }
}
