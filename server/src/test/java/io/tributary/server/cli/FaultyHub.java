package io.tributary.server.cli;

import io.tributary.core.model.DataSetId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The least that clients can be tested against, with the faults that they must notice. */
final class FaultyHub extends VerticleBase {
  enum Fault {
    TOKEN_WANTED,
    NO_HELLO,
    REMOTE_ID_CHANGES,
    WRITE_NOT_ALLOWED,
    SHORT_ACK,
    ENTRY_LOST,
    ENTRY_REPEATED,
    CIPHERTEXT_CHANGED,
    NO_PONG
  }

  private static final int BAD_SEQUENCE = 5;

  private static final class Store {
    final List<SealedChange> log = new ArrayList<>();
    final Set<ServerWebSocket> subscribers = new HashSet<>();
  }

  private final Set<Fault> faults = EnumSet.noneOf(Fault.class);
  private final Map<String, Store> stores = new HashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // server: by start()
  FaultyHub(Fault... faults) {
    this.faults.addAll(List.of(faults));
  }

  @Override
  public Future<?> start() {
    return vertx
        .createHttpServer(new HttpServerOptions().setMaxWebSocketFrameSize(1 << 20))
        .requestHandler(this::upgrade)
        .listen(0, "127.0.0.1")
        .onSuccess(listening -> server = listening);
  }

  String url() {
    return "ws://127.0.0.1:" + server.actualPort() + "/event-log/demo";
  }

  int connections() {
    return connections.get();
  }

  private void upgrade(HttpServerRequest request) {
    if (faults.contains(Fault.TOKEN_WANTED)
        && !"Bearer right".equals(request.getHeader("Authorization"))) {
      var unused = request.response().setStatusCode(401).end("Unauthorized");
      return;
    }
    request.toWebSocket().onSuccess(this::accept);
  }

  private void accept(ServerWebSocket socket) {
    connections.incrementAndGet();
    socket.binaryMessageHandler(frame -> {
      try {
        receive(socket, V3Codec.decodeClient(frame.getBytes()));
      } catch (MalformedMessageException e) {
        var unused = socket.close((short) 1007, e.getMessage());
      }
    });
    socket.closeHandler(
        ignored -> stores.values().forEach(store -> store.subscribers.remove(socket)));
    if (!faults.contains(Fault.NO_HELLO)) {
      long dataSet = faults.contains(Fault.REMOTE_ID_CHANGES) ? connections.get() : 1;
      RemoteId remoteId = RemoteId.of(new DataSetId(dataSet, dataSet), "demo", "v3");
      send(socket, new ServerMessage.Hello(remoteId.toBytes()));
    }
  }

  private void receive(ServerWebSocket socket, ClientMessage message) {
    if (message instanceof ClientMessage.WriteEntries write) {
      if (faults.contains(Fault.WRITE_NOT_ALLOWED)) {
        var unused = socket.close((short) 1008, "read-only");
      } else {
        write(socket, write);
      }
    } else if (message instanceof ClientMessage.RequestChanges request) {
      Store store = store(request.publicKey());
      store.subscribers.add(socket);
      deliver(socket, request.publicKey(), store.log);
    } else if (message instanceof ClientMessage.Ping ping && !faults.contains(Fault.NO_PONG)) {
      send(socket, new ServerMessage.Pong(ping.id()));
    }
  }

  private void write(ServerWebSocket writer, ClientMessage.WriteEntries write) {
    Store store = store(write.publicKey());
    List<SealedChange> added = new ArrayList<>();
    double[] sequences = new double[write.entries().size()];
    for (int i = 0; i < sequences.length; i++) {
      ClientMessage.SealedItem item = write.entries().get(i);
      sequences[i] = store.log.size() + added.size() + 1;
      added.add(new SealedChange(sequences[i], write.iv(), item.entryId(), item.ciphertext()));
    }
    store.log.addAll(added);
    send(
        writer,
        new ServerMessage.Ack(
            write.id(), faults.contains(Fault.SHORT_ACK) ? new double[0] : sequences));
    for (ServerWebSocket subscriber : store.subscribers) {
      if (subscriber != writer) {
        deliver(subscriber, write.publicKey(), added);
      }
    }
  }

  private void deliver(ServerWebSocket socket, String publicKey, List<SealedChange> entries) {
    List<SealedChange> out = new ArrayList<>();
    for (SealedChange entry : entries) {
      if (faults.contains(Fault.CIPHERTEXT_CHANGED)) {
        entry.ciphertext()[0] ^= 1;
      }
      if (entry.sequence() == BAD_SEQUENCE && faults.contains(Fault.ENTRY_REPEATED)) {
        out.add(entry);
      }
      if (entry.sequence() != BAD_SEQUENCE || !faults.contains(Fault.ENTRY_LOST)) {
        out.add(entry);
      }
    }
    if (!out.isEmpty()) {
      send(socket, new ServerMessage.Changes(publicKey, out));
    }
  }

  private Store store(String publicKey) {
    return stores.computeIfAbsent(publicKey, key -> new Store());
  }

  private static void send(ServerWebSocket socket, ServerMessage message) {
    var unused = socket.writeBinaryMessage(Buffer.buffer(V3Codec.encode(message)));
  }
}
