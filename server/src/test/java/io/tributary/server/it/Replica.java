package io.tributary.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.ClientSession;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A client in Java that behaves as the npm ones do: it keeps its own entries and those it received, never connects again
 * by itself, and on a connection sends what it doesn't know to be at that remote, the same bytes under the same ids. One
 * entry goes into a write, and a window of writes is in flight. Whatever a hub must never do is kept as a fault.
 *
 * <p>Its state is confined to a Vert.x context; the methods are for test threads, and wait.
 */
final class Replica implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());
  private static final int IV_BYTES = 12;

  /** What it knows of one data set. */
  private static final class Remote {
    final Map<EntryId, Long> sequences = new HashMap<>();
    final Map<EntryId, Long> acked = new LinkedHashMap<>();
    final NavigableMap<Long, EntryId> entries = new TreeMap<>();
  }

  private final String name;
  private final String publicKey;
  private final int window;
  private final int entryBytes;
  private final Context context;
  private final WebSocketClient client;

  private final Map<EntryId, byte[]> journal = new LinkedHashMap<>();
  private final Map<RemoteId, Remote> remotes = new LinkedHashMap<>();
  private final ArrayDeque<EntryId> outbox = new ArrayDeque<>();
  private final Map<Long, EntryId> inFlight = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private @Nullable WebSocket socket;
  private @Nullable ClientSession session;
  private @Nullable Remote remote;
  private final List<String> record = new ArrayList<>();
  private boolean recording;
  private boolean subscribing;
  private boolean endless;
  private int resends;
  private long lastReceived;

  private volatile @Nullable RemoteId remoteId;
  private final AtomicInteger acks = new AtomicInteger();
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger pongs = new AtomicInteger();
  private volatile @Nullable Integer closeCode;

  /**
   * One that isn't connected.
   *
   * @param window how many writes may wait for their ack
   * @param entryBytes the size of the entries it makes
   */
  Replica(Vertx vertx, String name, String publicKey, int window, int entryBytes) {
    this.name = name;
    this.publicKey = publicKey;
    this.window = window;
    this.entryBytes = entryBytes;
    this.context = vertx.getOrCreateContext();
    this.client = vertx.createWebSocketClient(
        new WebSocketClientOptions().setMaxFrameSize(1 << 20).setMaxMessageSize(1 << 20));
  }

  /** Connects and sends what the remote lacks. */
  void connect(String url) {
    connect(url, false);
  }

  /** Connects, sends what the remote lacks and asks for everything from where it was. */
  void connectAndSubscribe(String url) {
    connect(url, true);
  }

  private void connect(String url, boolean subscribe) {
    URI uri = URI.create(url);
    CompletableFuture<Boolean> connected = new CompletableFuture<>();
    context.runOnContext(nothing -> {
      closeCode = null;
      remoteId = null;
      subscribing = subscribe;
      session = new ClientSession(
          new ClientSession.Options(window, 16L << 20, 0, 256L << 20),
          System.nanoTime() / 1_000_000);
      client
          .connect(uri.getPort(), uri.getHost(), uri.getPath())
          .onSuccess(this::opened)
          .map(true)
          .onComplete(connected::complete, connected::completeExceptionally);
    });
    assertThat(join(connected)).isTrue();
    await("Hello", () -> remoteId != null);
  }

  private void opened(WebSocket opened) {
    ClientSession current = session;
    socket = opened;
    opened.binaryMessageHandler(frame -> {
      current.receive(frame.getBytes(), System.nanoTime() / 1_000_000);
      turn();
    });
    opened.closeHandler(nothing -> {
      outbox.clear();
      inFlight.clear();
      socket = null;
      Short code = opened.closeStatusCode();
      closeCode = code == null ? 1006 : code.intValue();
    });
  }

  /** Makes so many entries and sends them, now or when connected. */
  List<EntryId> write(int entries) {
    return onContext(() -> {
      List<EntryId> made = new ArrayList<>();
      for (int i = 0; i < entries; i++) {
        made.add(make());
      }
      turn();
      return made;
    });
  }

  /** From now on makes entries as fast as the window allows. */
  void writeEndlessly(boolean on) {
    var unused = onContext(() -> {
      endless = on;
      turn();
      return true;
    });
  }

  /** On each later connection sends so many entries again that were acked before. */
  void resendAcked(int entries) {
    var unused = onContext(() -> resends = entries);
  }

  private EntryId make() {
    EntryId id = IDS.next();
    byte[] bytes = new byte[entryBytes];
    Arrays.fill(bytes, (byte) id.hashCode());
    journal.put(id, bytes);
    outbox.add(id);
    return id;
  }

  /** Carries everything on. */
  private void turn() {
    ClientSession current = session;
    if (current == null) {
      return;
    }
    for (ClientEvent event = current.pollEvent(); event != null; event = current.pollEvent()) {
      on(event, current);
    }
    while (socket != null && current.canWrite() && (endless || !outbox.isEmpty())) {
      if (outbox.isEmpty()) {
        var unused = make();
      }
      EntryId id = outbox.remove();
      byte[] bytes = id.toBytes();
      byte[] iv = Arrays.copyOfRange(bytes, bytes.length - IV_BYTES, bytes.length);
      long write = current.write(
          publicKey, iv, List.of(new ClientMessage.SealedItem(bytes, journal.get(id))));
      inFlight.put(write, id);
    }
    for (byte[] frame = current.pollFrame(); frame != null; frame = current.pollFrame()) {
      if (socket != null) {
        var unused = socket.writeBinaryMessage(Buffer.buffer(frame));
      }
    }
  }

  private void on(ClientEvent event, ClientSession current) {
    if (event instanceof ClientEvent.Connected hello) {
      connected(hello.remoteId(), current);
    } else if (event instanceof ClientEvent.Acked ack) {
      EntryId id = inFlight.remove(ack.write());
      know(id, ack.sequences()[0]);
      remote.acked.put(id, ack.sequences()[0]);
      var unused = acks.incrementAndGet();
    } else if (event instanceof ClientEvent.Received changes) {
      changes.entries().forEach(this::received);
    } else if (event instanceof ClientEvent.Ponged) {
      var unused = pongs.incrementAndGet();
    } else {
      faults.add(event.toString());
    }
  }

  private void connected(RemoteId id, ClientSession current) {
    remote = remotes.computeIfAbsent(id, unused -> new Remote());
    lastReceived = 0;
    if (subscribing) {
      current.subscribe(
          publicKey, false, remote.entries.isEmpty() ? 0 : remote.entries.lastKey() + 1);
    }
    outbox.clear();
    journal.keySet().stream()
        .filter(entry -> !remote.sequences.containsKey(entry))
        .forEach(outbox::add);
    remote.acked.keySet().stream().limit(resends).forEach(outbox::add);
    remoteId = id;
  }

  private void received(ServerMessage.SealedChange change) {
    EntryId id = EntryId.of(change.entryId());
    long sequence = (long) change.sequence();
    if (sequence <= lastReceived) {
      faults.add("received " + sequence + " after " + lastReceived);
    }
    lastReceived = sequence;
    if (recording) {
      HexFormat hex = HexFormat.of();
      record.add(sequence + " " + id + " " + hex.formatHex(change.iv()) + " "
          + hex.formatHex(change.ciphertext()));
    }
    know(id, sequence);
    byte[] known = journal.putIfAbsent(id, change.ciphertext());
    if (known != null && !Arrays.equals(known, change.ciphertext())) {
      faults.add("received other bytes as " + id);
    }
    var unused = received.incrementAndGet();
  }

  private void know(EntryId id, long sequence) {
    Long known = remote.sequences.putIfAbsent(id, sequence);
    if (known != null && known != sequence) {
      faults.add(id + " had sequence " + known + ", now " + sequence);
    }
    EntryId other = remote.entries.putIfAbsent(sequence, id);
    if (other != null && !other.equals(id)) {
      faults.add("sequence " + sequence + " was " + other + ", now " + id);
    }
  }

  /** What the remote said who it is; null until it has. */
  @Nullable
  RemoteId remoteId() {
    return remoteId;
  }

  /** Everything in a store byte for byte, as a newcomer gets it that reads {@code n} entries from 0. */
  static List<String> record(Vertx vertx, String url, String publicKey, int n) {
    try (Replica reader = new Replica(vertx, "recorder", publicKey, 1, 1)) {
      reader.recording = true;
      reader.connectAndSubscribe(url);
      reader.awaitReceived(n);
      assertThat(reader.faults()).isEmpty();
      return reader.onContext(() -> List.copyOf(reader.record));
    }
  }

  /** How many acks it has got, over all connections. */
  int acks() {
    return acks.get();
  }

  /** How many entries it has received, over all connections. */
  int received() {
    return received.get();
  }

  /** Its connection's close code; null while it is open. */
  @Nullable
  Integer closeCode() {
    return closeCode;
  }

  /** What was acked by the remote it is or was last connected to, with its sequence. */
  Map<EntryId, Long> acked() {
    return onContext(() -> Map.copyOf(remote.acked));
  }

  /** What it knows to be at the remote it is or was last connected to, acked or received. */
  NavigableMap<Long, EntryId> entries() {
    return onContext(() -> new TreeMap<>(remote.entries));
  }

  /** Everything it has ever made or received. */
  List<EntryId> journal() {
    return onContext(() -> List.copyOf(journal.keySet()));
  }

  /** Whether a write waits for its ack or to be sent. */
  boolean hasUnacked() {
    return onContext(() -> !inFlight.isEmpty() || !outbox.isEmpty());
  }

  /** What a hub must never do, and did. */
  List<String> faults() {
    return onContext(() -> List.copyOf(faults));
  }

  void awaitAcks(int atLeast) {
    await(atLeast + " acks", () -> acks.get() >= atLeast);
  }

  void awaitReceived(int atLeast) {
    await(atLeast + " received", () -> received.get() >= atLeast);
  }

  /** Until it knows of so many entries at the remote, its own and others'. */
  void awaitKnown(int entries) {
    await(entries + " known", () -> onContext(() -> remote.entries.size() >= entries));
  }

  /** Until everything is acked. */
  void awaitAllAcked() {
    await("everything acked", () -> !hasUnacked());
  }

  /** Until the connection is gone; its close code. */
  @CanIgnoreReturnValue
  int awaitClosed() {
    await("closed", () -> closeCode != null);
    return closeCode;
  }

  /** Asks for a Pong and waits for it: the hub reads and answers on this connection. */
  void ping() {
    int before = pongs.get();
    var unused = onContext(() -> {
      boolean sent = session.ping(System.nanoTime() / 1_000_000);
      turn();
      return sent;
    });
    await("a Pong", () -> pongs.get() > before);
  }

  private void await(String what, Callable<Boolean> condition) {
    Awaitility.await(name + ": " + what)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .conditionEvaluationListener(unused -> {})
        .until(condition);
  }

  /**
   * Everything in a store, by a newcomer that reads it from 0. It adds an entry of its own: the ack for that comes after
   * all that is before it.
   */
  static NavigableMap<Long, EntryId> readAll(Vertx vertx, String url, String publicKey) {
    try (Replica reader = new Replica(vertx, "reader", publicKey, 1, 1)) {
      reader.connectAndSubscribe(url);
      var unused = reader.write(1);
      reader.awaitAcks(1);
      assertThat(reader.faults()).isEmpty();
      return reader.entries();
    }
  }

  /** That the sequences are 1, 2, 3 .. and no entry is there twice. */
  static void assertContiguous(NavigableMap<Long, EntryId> store) {
    assertThat(store.firstKey()).isEqualTo(1);
    assertThat(store.lastKey()).as("the last of %s entries", store.size()).isEqualTo(store.size());
    assertThat(store.values()).doesNotHaveDuplicates();
  }

  /** That each acked entry is there under the sequence it was acked with. */
  static void assertHolds(NavigableMap<Long, EntryId> store, Map<EntryId, Long> acked) {
    Map<EntryId, Long> sequences = new HashMap<>();
    store.forEach((sequence, id) -> sequences.put(id, sequence));
    assertThat(sequences).containsAllEntriesOf(acked);
  }

  private <T> T onContext(Callable<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    context.runOnContext(nothing -> {
      try {
        result.complete(action.call());
      } catch (Exception e) {
        result.completeExceptionally(e);
      }
    });
    return join(result);
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    var unused = client.close();
  }
}
