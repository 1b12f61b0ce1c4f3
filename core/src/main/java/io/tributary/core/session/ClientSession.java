package io.tributary.core.session;

import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of one v3 connection, without any I/O of its own: frames, ticks and requests go
 * in; frames and {@link ClientEvent}s come out of two queues that the owner empties after each call
 * that put something in.
 *
 * <pre>
 *   CONNECTING --Hello--> OPEN
 *       |                   |
 *       +-----> FAILED <----+      the hub broke the protocol, or a ping went unanswered
 * </pre>
 *
 * <p>Requests are taken while OPEN only. Once FAILED, everything that still comes in is ignored.
 * Memory is bounded by the options, as long as the owner empties the event queue. Confined to one
 * thread.
 */
public final class ClientSession {
  /**
   * The limits of a session.
   *
   * @param window how many writes may wait for their ack, at least 1
   * @param windowBytes how many encoded bytes they may have together, at least 1; a single write may
   *     be larger
   * @param pingIntervalMs how often to ping, milliseconds; a pong must come before the next one; 0 =
   *     never
   * @param maxAssemblyBytes how many bytes of unfinished chunked messages to hold, at least 1
   */
  public record Options(int window, long windowBytes, long pingIntervalMs, long maxAssemblyBytes) {
    /** What a real client does, 64 writes in flight and 16 MiB of them, 256 MiB of chunks. */
    public static final Options DEFAULT = new Options(64, 16L << 20, 10_000, 256L << 20);

    /** Checks the ranges. */
    public Options {
      if (window < 1 || windowBytes < 1 || pingIntervalMs < 0 || maxAssemblyBytes < 1) {
        throw new IllegalArgumentException(
            "out of range: window " + window + ", windowBytes " + windowBytes + ", pingIntervalMs "
                + pingIntervalMs + ", maxAssemblyBytes " + maxAssemblyBytes);
      }
    }
  }

  private enum State {
    CONNECTING,
    OPEN,
    FAILED
  }

  private record Subscription(String publicKey, boolean unencrypted) {}

  /** @param bytes what it takes of the window */
  private record InFlight(int entries, int bytes, boolean mark) {}

  static final int MAX_NESTED_CHUNKS = 4;
  private static final int PROTOCOL_ERROR = 1002;
  private static final int MALFORMED = 1007;
  private static final int GOING_AWAY = 1001;
  private static final double MAX_SAFE_INTEGER = 9007199254740991.0;

  private final Options options;
  private final ChunkAssembler assembler;
  private final ArrayDeque<byte[]> frames = new ArrayDeque<>();
  private final ArrayDeque<ClientEvent> events = new ArrayDeque<>();
  private final Map<Long, InFlight> inFlight = new HashMap<>();
  private final Set<Subscription> subscribed = new HashSet<>();

  /** Ended ones: what was under way when they ended is not the hub's fault. */
  private final Set<Subscription> ended = new HashSet<>();

  private State state = State.CONNECTING;
  private long nextWrite;
  private long inFlightBytes;
  private int marks;
  private long lastPing;
  private long lastPong;
  private long pingSentMs;
  private long nextPingMs;
  private boolean paused;

  /** A session on a connection made at {@code nowMs} of the owner's clock. */
  public ClientSession(Options options, long nowMs) {
    this.options = options;
    this.assembler = new ChunkAssembler(options.maxAssemblyBytes);
    this.nextPingMs = nowMs + options.pingIntervalMs;
  }

  /** Takes a frame from the hub that arrived at {@code nowMs}. */
  public void receive(byte[] frame, long nowMs) {
    if (state == State.FAILED) {
      return;
    }
    try {
      ServerMessage message = V3Codec.decodeServer(frame);
      for (int depth = 0; message instanceof ServerMessage.Chunked part; depth++) {
        if (depth == MAX_NESTED_CHUNKS) {
          throw new MalformedMessageException("chunks of chunks of chunks");
        }
        Optional<List<byte[]>> parts = assembler.add(part.chunk(), nowMs);
        if (parts.isEmpty()) {
          return;
        }
        message = V3Codec.decodeServer(parts.get());
      }
      handle(message, nowMs);
    } catch (MalformedMessageException e) {
      fail(MALFORMED, "malformed frame: " + e.getMessage());
    }
  }

  /**
   * Lets time pass: pings when it is time to, and fails the session if the ping before went
   * unanswered. Needed at {@link #nextTickMs()}, harmless at any other time.
   */
  public void tick(long nowMs) {
    if (state == State.FAILED || nowMs < nextTickMs()) {
      return;
    }
    if (lastPong != lastPing) {
      fail(GOING_AWAY, "no pong for ping " + lastPing + " within " + (nowMs - pingSentMs) + " ms");
      return;
    }
    sendPing(nowMs);
  }

  /** When {@link #tick} is needed next, on the owner's clock; {@code Long.MAX_VALUE} = never. */
  public long nextTickMs() {
    return options.pingIntervalMs == 0 || paused || state == State.FAILED
        ? Long.MAX_VALUE
        : nextPingMs;
  }

  /**
   * Pings now, unless a ping is unanswered.
   *
   * @return whether it did
   * @throws IllegalStateException if the session isn't open
   */
  public boolean ping(long nowMs) {
    requireOpen();
    if (lastPong != lastPing) {
      return false;
    }
    sendPing(nowMs);
    return true;
  }

  /** Whether the window has room for another write. */
  public boolean canWrite() {
    return state == State.OPEN
        && inFlight.size() - marks < options.window
        && inFlightBytes < options.windowBytes;
  }

  /** How many writes wait for their ack, marks aside. */
  public int inFlight() {
    return inFlight.size() - marks;
  }

  /**
   * Writes to an encrypted store. None but the very same bytes may ever be sealed under the same key
   * and iv.
   *
   * @param entries all sealed under {@code iv}; may be empty
   * @return what the ack will be known by: 0, 1, 2 .. in this session
   * @throws IllegalStateException if {@link #canWrite()} is false
   */
  public long write(String publicKey, byte[] iv, List<ClientMessage.SealedItem> entries) {
    long id = nextWriteId();
    send(id, entries.size(), new ClientMessage.WriteEntries(publicKey, id, iv, entries));
    return id;
  }

  /**
   * Writes to a store in the clear.
   *
   * @param entries may be empty
   * @return what the ack or refusal will be known by, one sequence with {@link #write}
   * @throws IllegalStateException if {@link #canWrite()} is false
   */
  public long writeUnencrypted(String publicKey, List<ClientMessage.PlainItem> entries) {
    long id = nextWriteId();
    send(id, entries.size(), new ClientMessage.WriteEntriesUnencrypted(publicKey, id, entries));
    return id;
  }

  /**
   * Writes nothing, and asks a Tributary hub to ack that only after everything a subscribed store has
   * by then was sent. Other hubs ack it at once. Takes no room in the window.
   *
   * @return what the ack will be known by, one sequence with {@link #write}
   * @throws IllegalStateException if the session isn't open
   */
  public long mark(String publicKey, boolean unencrypted) {
    requireOpen();
    long id = nextWrite++;
    ClientMessage message = unencrypted
        ? new ClientMessage.WriteEntriesUnencrypted(publicKey, id, List.of(), true)
        : new ClientMessage.WriteEntries(publicKey, id, new byte[0], List.of(), true);
    inFlight.put(id, new InFlight(0, 0, true));
    marks++;
    frames.add(V3Codec.encode(message));
    return id;
  }

  /**
   * Says that frames are not read for a while: until {@link #resume} nothing is pinged and no pong is
   * waited for.
   */
  public void pause() {
    paused = true;
  }

  /** Frames are read again from {@code nowMs} on; what the last ping still lacks has its full time. */
  public void resume(long nowMs) {
    if (paused) {
      paused = false;
      nextPingMs = nowMs + options.pingIntervalMs;
    }
  }

  /**
   * Asks for everything from {@code cursor} on, without end. If the store is already subscribed, the
   * new cursor replaces the old one; what is under way for the old one is still received.
   *
   * @param cursor the first sequence wanted, not negative
   * @throws IllegalStateException if the session isn't open
   */
  public void subscribe(String publicKey, boolean unencrypted, long cursor) {
    requireOpen();
    if (cursor < 0) {
      throw new IllegalArgumentException("a cursor is not negative: " + cursor);
    }
    Subscription subscription = new Subscription(publicKey, unencrypted);
    subscribed.add(subscription);
    ended.remove(subscription);
    frames.add(V3Codec.encode(new ClientMessage.RequestChanges(publicKey, cursor, unencrypted)));
  }

  /**
   * Ends the subscriptions under a key, of both kinds. Nothing more is received for them.
   *
   * @throws IllegalStateException if the session isn't open
   */
  public void stop(String publicKey) {
    requireOpen();
    end(new Subscription(publicKey, false));
    end(new Subscription(publicKey, true));
    frames.add(V3Codec.encode(new ClientMessage.StopChanges(publicKey)));
  }

  /** The next frame to send, as one binary WebSocket message; null = none now. */
  public byte @Nullable [] pollFrame() {
    return frames.poll();
  }

  /** The next thing to know; null = nothing now. */
  public @Nullable ClientEvent pollEvent() {
    return events.poll();
  }

  private void handle(ServerMessage message, long nowMs) {
    if (message instanceof ServerMessage.Hello hello) {
      hello(hello);
    } else if (state == State.CONNECTING) {
      fail(PROTOCOL_ERROR, message.getClass().getSimpleName() + " before Hello");
    } else if (message instanceof ServerMessage.Ack ack) {
      acked(ack);
    } else if (message instanceof ServerMessage.Changes changes) {
      if (expected(new Subscription(changes.publicKey(), false))
          && !changes.entries().isEmpty()
          && wholeSequences(changes)) {
        events.add(new ClientEvent.Received(changes.publicKey(), changes.entries()));
      }
    } else if (message instanceof ServerMessage.ChangesUnencrypted changes) {
      if (expected(new Subscription(changes.publicKey(), true))
          && !changes.entries().isEmpty()
          && wholeSequences(changes)) {
        events.add(new ClientEvent.ReceivedUnencrypted(changes.publicKey(), changes.entries()));
      }
    } else if (message instanceof ServerMessage.Pong pong) {
      ponged(pong, nowMs);
    } else if (message instanceof ServerMessage.Refusal refusal) {
      refused(refusal);
    }
  }

  private void hello(ServerMessage.Hello hello) {
    if (state != State.CONNECTING) {
      fail(PROTOCOL_ERROR, "a second Hello");
    } else if (hello.remoteId().length < EntryId.SIZE
        || !EntryId.of(hello.remoteId()).isValid()) {
      fail(PROTOCOL_ERROR, "the remote id in Hello is no UUID");
    } else {
      state = State.OPEN;
      events.add(new ClientEvent.Connected(RemoteId.of(hello.remoteId())));
    }
  }

  private void acked(ServerMessage.Ack ack) {
    InFlight write = settle(ack.id());
    if (write == null) {
      return;
    }
    double[] numbers = ack.sequenceNumbers();
    if (numbers.length != write.entries) {
      fail(
          PROTOCOL_ERROR,
          "ack with %d sequences for a write of %d entries"
              .formatted(numbers.length, write.entries));
      return;
    }
    long[] sequences = new long[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      if (!isWhole(numbers[i])) {
        fail(PROTOCOL_ERROR, "ack with sequence " + numbers[i]);
        return;
      }
      sequences[i] = (long) numbers[i];
    }
    events.add(new ClientEvent.Acked((long) ack.id(), sequences));
  }

  private void refused(ServerMessage.Refusal refusal) {
    Double id = refusal.id();
    String publicKey = refusal.publicKey();
    if (id != null) {
      if (settle(id) != null) {
        events.add(new ClientEvent.WriteRefused(id.longValue(), refusal.code(), refusal.message()));
      }
      return;
    }
    if (publicKey != null) {
      end(new Subscription(publicKey, true));
    }
    events.add(new ClientEvent.SubscriptionRefused(publicKey, refusal.code(), refusal.message()));
  }

  private void ponged(ServerMessage.Pong pong, long nowMs) {
    // Before the first ping the id that real clients let pass is 0.
    if (pong.id() != lastPing) {
      fail(PROTOCOL_ERROR, "pong " + pong.id() + " where " + lastPing + " was expected");
    } else if (lastPong != lastPing) {
      lastPong = lastPing;
      events.add(new ClientEvent.Ponged(nowMs - pingSentMs));
    }
  }

  /** Takes the write out of the window; null if there is none: settled before, or never made. */
  private @Nullable InFlight settle(double id) {
    InFlight write = isWhole(id) ? inFlight.remove((long) id) : null;
    if (write != null) {
      inFlightBytes -= write.bytes;
      marks -= write.mark ? 1 : 0;
    }
    return write;
  }

  private boolean expected(Subscription subscription) {
    if (subscribed.contains(subscription)) {
      return true;
    }
    if (!ended.contains(subscription)) {
      fail(
          PROTOCOL_ERROR,
          "changes for "
              + StoreKey.cut(subscription.publicKey)
              + ", which this session never subscribed");
    }
    return false;
  }

  private boolean wholeSequences(ServerMessage.Changes changes) {
    for (ServerMessage.SealedChange change : changes.entries()) {
      if (!wholeSequence(change.sequence())) {
        return false;
      }
    }
    return true;
  }

  private boolean wholeSequences(ServerMessage.ChangesUnencrypted changes) {
    for (ServerMessage.PlainChange change : changes.entries()) {
      if (!wholeSequence(change.remoteSequence())) {
        return false;
      }
    }
    return true;
  }

  private boolean wholeSequence(double sequence) {
    if (!isWhole(sequence)) {
      fail(PROTOCOL_ERROR, "changes with sequence " + sequence);
      return false;
    }
    return true;
  }

  private static boolean isWhole(double number) {
    return number >= 0 && number <= MAX_SAFE_INTEGER && number == Math.rint(number);
  }

  private void end(Subscription subscription) {
    if (subscribed.remove(subscription)) {
      ended.add(subscription);
    }
  }

  private void sendPing(long nowMs) {
    lastPing++;
    pingSentMs = nowMs;
    nextPingMs = nowMs + options.pingIntervalMs;
    // Before what waits: a long upload must not cost the connection.
    frames.addFirst(V3Codec.encode(new ClientMessage.Ping(lastPing)));
  }

  private long nextWriteId() {
    requireOpen();
    if (!canWrite()) {
      throw new IllegalStateException(
          "the window is full: %d writes, %d bytes".formatted(inFlight.size(), inFlightBytes));
    }
    return nextWrite++;
  }

  private void send(long id, int entries, ClientMessage message) {
    byte[] encoded = V3Codec.encode(message);
    inFlight.put(id, new InFlight(entries, encoded.length, false));
    inFlightBytes += encoded.length;
    int total = (encoded.length + Chunk.SIZE - 1) / Chunk.SIZE;
    if (total <= 1) {
      frames.add(encoded);
      return;
    }
    for (int part = 0; part < total; part++) {
      int from = part * Chunk.SIZE;
      byte[] data = Arrays.copyOfRange(encoded, from, Math.min(from + Chunk.SIZE, encoded.length));
      frames.add(V3Codec.encode(new ClientMessage.Chunked(new Chunk(id, part, total, data))));
    }
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("the session is " + state);
    }
  }

  private void fail(int closeCode, String reason) {
    state = State.FAILED;
    frames.clear();
    events.add(new ClientEvent.Failed(closeCode, reason));
  }
}
