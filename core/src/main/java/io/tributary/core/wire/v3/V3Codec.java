package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageInsufficientBufferException;
import org.msgpack.core.MessagePackException;

/**
 * Bytes to messages and back. One array holds exactly one message.
 *
 * <p>Decoding takes whatever a JavaScript peer takes, and 64-bit integers too: every width of map,
 * list, string, byte string and number, keys in any order, keys it does not know (ignored at every
 * level, whatever their value), a repeated key (the last one counts), malformed UTF-8 (read as
 * U+FFFD). It never trusts a declared length. Encoding gives the very bytes a JavaScript peer would
 * send.
 */
public final class V3Codec {
  // A list's memory follows its elements as they are decoded; its count could stand for single
  // bytes.
  private static final int MAX_INITIAL_CAPACITY = 1024;

  private V3Codec() {}

  /**
   * Reads what a client sent.
   *
   * @throws MalformedMessageException if {@code frame} is not exactly one client message
   */
  public static ClientMessage decodeClient(byte[] frame) throws MalformedMessageException {
    return decodeClient(List.of(frame));
  }

  /**
   * Reads what a client sent in parts, which need not be joined.
   *
   * @param parts the message's bytes, laid end to end
   * @throws MalformedMessageException if they are not exactly one client message
   */
  public static ClientMessage decodeClient(List<byte[]> parts) throws MalformedMessageException {
    try {
      MessageReader in = new MessageReader(parts);
      Scan scan = scan(in);
      if (!scan.tag.fromClient) {
        throw new MalformedMessageException(scan.tag.wireName + " is no message of a client");
      }
      return readClient(in, scan);
    } catch (MessagePackException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading arrays does not fail", e);
    }
  }

  /**
   * Reads what a hub sent.
   *
   * @throws MalformedMessageException if {@code frame} is not exactly one hub message
   */
  public static ServerMessage decodeServer(byte[] frame) throws MalformedMessageException {
    return decodeServer(List.of(frame));
  }

  /**
   * Reads what a hub sent in parts, which need not be joined.
   *
   * @param parts the message's bytes, laid end to end
   * @throws MalformedMessageException if they are not exactly one hub message
   */
  public static ServerMessage decodeServer(List<byte[]> parts) throws MalformedMessageException {
    try {
      MessageReader in = new MessageReader(parts);
      Scan scan = scan(in);
      if (!scan.tag.fromServer) {
        throw new MalformedMessageException(scan.tag.wireName + " is no message of a server");
      }
      return readServer(in, scan);
    } catch (MessagePackException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading arrays does not fail", e);
    }
  }

  /**
   * Reads an entry as it lies inside a ciphertext: a map of {@code id}, {@code event}, {@code
   * primaryKey} and {@code payload}, read as leniently as a message.
   *
   * @throws MalformedMessageException if {@code plaintext} is anything else
   */
  public static Entry decodeEntry(byte[] plaintext) throws MalformedMessageException {
    try {
      MessageReader in = new MessageReader(List.of(plaintext));
      PlainItem item = readPlainItem(in, "the entry", Field.ENTRY);
      in.end();
      return toEntry("the entry", item);
    } catch (MessagePackException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading arrays does not fail", e);
    }
  }

  /** The bytes of an entry for {@link #decodeEntry}. */
  public static byte[] encodeEntry(Entry entry) {
    MessageWriter out = new MessageWriter(
        80 + entry.event().length() + entry.primaryKey().length() + entry.payload().length);
    ChangesEncoder.write(
        out,
        entry.id(),
        entry.event().getBytes(StandardCharsets.UTF_8),
        entry.primaryKey().getBytes(StandardCharsets.UTF_8),
        entry.payload());
    return out.toBytes();
  }

  private static MalformedMessageException malformed(MessagePackException e) {
    return e instanceof MessageInsufficientBufferException
        ? MessageReader.cutShort()
        : new MalformedMessageException("not MessagePack: " + e.getMessage());
  }

  /**
   * What a first pass over a message finds: its tag, which may come last, and which pair counts for
   * each key.
   */
  private static final class Scan {
    final Tag tag;
    private final Map<Field, Integer> lastPair;

    Scan(Tag tag, Map<Field, Integer> lastPair) {
      this.tag = tag;
      this.lastPair = lastPair;
    }

    boolean isLast(Field field, int pair) {
      Integer last = lastPair.get(field);
      return last != null && last == pair;
    }
  }

  private static Scan scan(MessageReader in) throws IOException, MalformedMessageException {
    if (in.remaining() == 0) {
      throw new MalformedMessageException("the message is empty");
    }
    int pairs = in.messageHeader();
    Map<Field, Integer> lastPair = new EnumMap<>(Field.class);
    Tag tag = null;
    for (int pair = 0; pair < pairs; pair++) {
      Field field = in.key();
      if (field != null) {
        lastPair.put(field, pair);
      }
      if (field == Field.TAG) {
        tag = in.tag();
      } else {
        in.skip();
      }
    }
    in.end();
    if (tag == null) {
      throw new MalformedMessageException("the message has no _tag");
    }
    in.rewind();
    return new Scan(tag, lastPair);
  }

  private static ClientMessage readClient(MessageReader in, Scan scan)
      throws IOException, MalformedMessageException {
    Tag tag = scan.tag;
    Map<Field, Object> values = readFields(in, scan);
    return switch (tag) {
      case WRITE_ENTRIES ->
        new ClientMessage.WriteEntries(
            text(tag, values, Field.PUBLIC_KEY),
            number(tag, values, Field.ID),
            bytes(tag, values, Field.IV),
            list(tag, values, Field.ENCRYPTED_ENTRIES),
            Boolean.TRUE.equals(values.get(Field.IN_ORDER)));
      case WRITE_ENTRIES_UNENCRYPTED ->
        new ClientMessage.WriteEntriesUnencrypted(
            text(tag, values, Field.PUBLIC_KEY),
            number(tag, values, Field.ID),
            list(tag, values, Field.ENTRIES),
            Boolean.TRUE.equals(values.get(Field.IN_ORDER)));
      case REQUEST_CHANGES ->
        new ClientMessage.RequestChanges(
            text(tag, values, Field.PUBLIC_KEY),
            number(tag, values, Field.START_SEQUENCE),
            Boolean.TRUE.equals(values.get(Field.UNENCRYPTED)));
      case STOP_CHANGES -> new ClientMessage.StopChanges(text(tag, values, Field.PUBLIC_KEY));
      case PING -> new ClientMessage.Ping(number(tag, values, Field.ID));
      case CHUNKED_MESSAGE -> new ClientMessage.Chunked(chunk(values));
      default -> throw new AssertionError(tag);
    };
  }

  private static ServerMessage readServer(MessageReader in, Scan scan)
      throws IOException, MalformedMessageException {
    Tag tag = scan.tag;
    Map<Field, Object> values = readFields(in, scan);
    return switch (tag) {
      case HELLO -> new ServerMessage.Hello(bytes(tag, values, Field.REMOTE_ID));
      case ACK ->
        new ServerMessage.Ack(number(tag, values, Field.ID), (double[])
            required(tag, values, Field.SEQUENCE_NUMBERS));
      case CHANGES ->
        new ServerMessage.Changes(
            text(tag, values, Field.PUBLIC_KEY), list(tag, values, Field.ENTRIES));
      case CHANGES_UNENCRYPTED ->
        new ServerMessage.ChangesUnencrypted(
            text(tag, values, Field.PUBLIC_KEY), list(tag, values, Field.ENTRIES));
      case PONG -> new ServerMessage.Pong(number(tag, values, Field.ID));
      case ERROR ->
        new ServerMessage.Refusal(
            text(tag, values, Field.REQUEST_TAG),
            (Double) values.get(Field.ID),
            (String) values.get(Field.PUBLIC_KEY),
            errorCode(text(tag, values, Field.CODE)),
            text(tag, values, Field.MESSAGE));
      case CHUNKED_MESSAGE -> new ServerMessage.Chunked(chunk(values));
      default -> throw new AssertionError(tag);
    };
  }

  /** The values of the fields that the tag has, if present. */
  private static Map<Field, Object> readFields(MessageReader in, Scan scan)
      throws IOException, MalformedMessageException {
    Map<Field, Object> values = new EnumMap<>(Field.class);
    int pairs = in.messageHeader();
    for (int pair = 0; pair < pairs; pair++) {
      Field field = in.key();
      if (field != null && scan.isLast(field, pair) && scan.tag.has(field)) {
        values.put(field, readField(in, scan.tag, field));
      } else {
        in.skip();
      }
    }
    return values;
  }

  private static Object readField(MessageReader in, Tag tag, Field field)
      throws IOException, MalformedMessageException {
    String owner = tag.wireName;
    return switch (field) {
      case ID, START_SEQUENCE -> in.number(owner, field);
      case IV, DATA, REMOTE_ID -> in.bytes(owner, field);
      case UNENCRYPTED, IN_ORDER -> in.bool(owner, field);
      case PART -> readPart(in, owner, field);
      case SEQUENCE_NUMBERS -> readNumbers(in, owner, field);
      case ENCRYPTED_ENTRIES -> readList(in, owner, field, V3Codec::readSealedItem);
      case ENTRIES -> readEntries(in, tag);
      default -> in.text(owner, field);
    };
  }

  private static double[] readPart(MessageReader in, String owner, Field field)
      throws IOException, MalformedMessageException {
    int count = in.listHeader(owner, field);
    if (count != 2) {
      throw new MalformedMessageException(
          owner + "." + field.wireName + " has " + count + " numbers, not index and total");
    }
    return new double[] {in.number(owner, field), in.number(owner, field)};
  }

  private static double[] readNumbers(MessageReader in, String owner, Field field)
      throws IOException, MalformedMessageException {
    double[] numbers = new double[in.listHeader(owner, field)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = in.number(owner, field);
    }
    return numbers;
  }

  /** {@code entries}, which every message has its own kind of. */
  private static List<?> readEntries(MessageReader in, Tag tag)
      throws IOException, MalformedMessageException {
    String owner = tag.wireName;
    return switch (tag) {
      case CHANGES -> readList(in, owner, Field.ENTRIES, V3Codec::readSealedChange);
      case CHANGES_UNENCRYPTED -> readList(in, owner, Field.ENTRIES, V3Codec::readPlainChange);
      default -> readList(in, owner, Field.ENTRIES, V3Codec::readPlainItem);
    };
  }

  private interface ElementReader<T> {
    T read(MessageReader in, String owner, Field list)
        throws IOException, MalformedMessageException;
  }

  private static <T> List<T> readList(
      MessageReader in, String owner, Field field, ElementReader<T> reader)
      throws IOException, MalformedMessageException {
    int count = in.listHeader(owner, field);
    List<T> list = new ArrayList<>(Math.min(count, MAX_INITIAL_CAPACITY));
    for (int i = 0; i < count; i++) {
      list.add(reader.read(in, owner, field));
    }
    return Collections.unmodifiableList(list);
  }

  private static SealedItem readSealedItem(MessageReader in, String owner, Field list)
      throws IOException, MalformedMessageException {
    byte[] entryId = null;
    byte[] ciphertext = null;
    for (int pairs = in.mapHeader(owner, list); pairs > 0; pairs--) {
      Field field = in.key();
      if (field == Field.ENTRY_ID) {
        entryId = in.bytes(owner, field);
      } else if (field == Field.ENCRYPTED_ENTRY) {
        ciphertext = in.bytes(owner, field);
      } else {
        in.skip();
      }
    }
    return new SealedItem(
        required(owner, Field.ENTRY_ID, entryId),
        required(owner, Field.ENCRYPTED_ENTRY, ciphertext));
  }

  private static PlainItem readPlainItem(MessageReader in, String owner, Field list)
      throws IOException, MalformedMessageException {
    byte[] id = null;
    byte[] event = null;
    byte[] primaryKey = null;
    byte[] payload = null;
    for (int pairs = in.mapHeader(owner, list); pairs > 0; pairs--) {
      Field field = in.key();
      if (field == Field.ID) {
        id = in.bytes(owner, field);
      } else if (field == Field.EVENT) {
        event = in.utf8(owner, field);
      } else if (field == Field.PRIMARY_KEY) {
        primaryKey = in.utf8(owner, field);
      } else if (field == Field.PAYLOAD) {
        payload = in.bytes(owner, field);
      } else {
        in.skip();
      }
    }
    return new PlainItem(
        required(owner, Field.ID, id),
        required(owner, Field.EVENT, event),
        required(owner, Field.PRIMARY_KEY, primaryKey),
        required(owner, Field.PAYLOAD, payload));
  }

  private static SealedChange readSealedChange(MessageReader in, String owner, Field list)
      throws IOException, MalformedMessageException {
    Double sequence = null;
    byte[] iv = null;
    byte[] entryId = null;
    byte[] ciphertext = null;
    for (int pairs = in.mapHeader(owner, list); pairs > 0; pairs--) {
      Field field = in.key();
      if (field == Field.SEQUENCE) {
        sequence = in.number(owner, field);
      } else if (field == Field.IV) {
        iv = in.bytes(owner, field);
      } else if (field == Field.ENTRY_ID) {
        entryId = in.bytes(owner, field);
      } else if (field == Field.ENCRYPTED_ENTRY) {
        ciphertext = in.bytes(owner, field);
      } else {
        in.skip();
      }
    }
    return new SealedChange(
        required(owner, Field.SEQUENCE, sequence),
        required(owner, Field.IV, iv),
        required(owner, Field.ENTRY_ID, entryId),
        required(owner, Field.ENCRYPTED_ENTRY, ciphertext));
  }

  private static PlainChange readPlainChange(MessageReader in, String owner, Field list)
      throws IOException, MalformedMessageException {
    Double sequence = null;
    PlainItem item = null;
    for (int pairs = in.mapHeader(owner, list); pairs > 0; pairs--) {
      Field field = in.key();
      if (field == Field.REMOTE_SEQUENCE) {
        sequence = in.number(owner, field);
      } else if (field == Field.ENTRY) {
        item = readPlainItem(in, owner, field);
      } else {
        in.skip();
      }
    }
    return new PlainChange(
        required(owner, Field.REMOTE_SEQUENCE, sequence),
        toEntry(owner + ".entry", required(owner, Field.ENTRY, item)));
  }

  private static Entry toEntry(String where, PlainItem item) throws MalformedMessageException {
    if (item.id().length < EntryId.SIZE) {
      throw new MalformedMessageException(
          where + ".id has " + item.id().length + " bytes, not " + EntryId.SIZE);
    }
    return item.toEntry();
  }

  private static Chunk chunk(Map<Field, Object> values) throws MalformedMessageException {
    Tag tag = Tag.CHUNKED_MESSAGE;
    double[] part = (double[]) required(tag, values, Field.PART);
    return new Chunk(
        number(tag, values, Field.ID), part[0], part[1], bytes(tag, values, Field.DATA));
  }

  private static ErrorCode errorCode(String name) throws MalformedMessageException {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    throw new MalformedMessageException("Error.code is none of " + List.of(ErrorCode.values()));
  }

  private static Object required(Tag tag, Map<Field, Object> values, Field field)
      throws MalformedMessageException {
    return required(tag.wireName, field, values.get(field));
  }

  private static <T> T required(String owner, Field field, @Nullable T value)
      throws MalformedMessageException {
    if (value == null) {
      throw new MalformedMessageException(owner + "." + field.wireName + " is missing");
    }
    return value;
  }

  private static String text(Tag tag, Map<Field, Object> values, Field field)
      throws MalformedMessageException {
    return (String) required(tag, values, field);
  }

  private static double number(Tag tag, Map<Field, Object> values, Field field)
      throws MalformedMessageException {
    return (Double) required(tag, values, field);
  }

  private static byte[] bytes(Tag tag, Map<Field, Object> values, Field field)
      throws MalformedMessageException {
    return (byte[]) required(tag, values, field);
  }

  // readField made the list for this tag and field.
  @SuppressWarnings("unchecked")
  private static <T> List<T> list(Tag tag, Map<Field, Object> values, Field field)
      throws MalformedMessageException {
    return (List<T>) required(tag, values, field);
  }

  /** The bytes of a message, as one frame or for {@link ChangesEncoder#chunk}. */
  public static byte[] encode(Message message) {
    if (message instanceof ClientMessage.WriteEntries write) {
      return encode(write);
    }
    if (message instanceof ClientMessage.WriteEntriesUnencrypted write) {
      return encode(write);
    }
    if (message instanceof ClientMessage.RequestChanges request) {
      MessageWriter out = new MessageWriter(80 + request.publicKey().length())
          .map(request.unencrypted() ? 4 : 3)
          .key(Field.PUBLIC_KEY)
          .text(request.publicKey())
          .key(Field.START_SEQUENCE)
          .number(request.startSequence());
      if (request.unencrypted()) {
        out.key(Field.UNENCRYPTED).bool(true);
      }
      return out.tag(Tag.REQUEST_CHANGES).toBytes();
    }
    if (message instanceof ClientMessage.StopChanges stop) {
      return new MessageWriter(48 + stop.publicKey().length())
          .map(2)
          .key(Field.PUBLIC_KEY)
          .text(stop.publicKey())
          .tag(Tag.STOP_CHANGES)
          .toBytes();
    }
    if (message instanceof ClientMessage.Ping ping) {
      return numbered(ping.id(), Tag.PING);
    }
    if (message instanceof ClientMessage.Chunked chunked) {
      return encode(chunked.chunk());
    }
    if (message instanceof ServerMessage.Hello hello) {
      return new MessageWriter(48)
          .map(2)
          .key(Field.REMOTE_ID)
          .bytes(hello.remoteId())
          .tag(Tag.HELLO)
          .toBytes();
    }
    if (message instanceof ServerMessage.Ack ack) {
      MessageWriter out = new MessageWriter(48 + 5 * ack.sequenceNumbers().length)
          .map(3)
          .key(Field.ID)
          .number(ack.id())
          .key(Field.SEQUENCE_NUMBERS)
          .list(ack.sequenceNumbers().length);
      for (double sequence : ack.sequenceNumbers()) {
        out.number(sequence);
      }
      return out.tag(Tag.ACK).toBytes();
    }
    if (message instanceof ServerMessage.Changes changes) {
      List<byte[]> elements = new ArrayList<>(changes.entries().size());
      for (SealedChange change : changes.entries()) {
        elements.add(ChangesEncoder.sealedChange(
            change.sequence(), change.iv(), change.entryId(), change.ciphertext()));
      }
      return ChangesEncoder.changes(changes.publicKey(), elements).getBytes();
    }
    if (message instanceof ServerMessage.ChangesUnencrypted changes) {
      List<byte[]> elements = new ArrayList<>(changes.entries().size());
      for (PlainChange change : changes.entries()) {
        elements.add(ChangesEncoder.plainChange(change.remoteSequence(), change.entry()));
      }
      return ChangesEncoder.changesUnencrypted(changes.publicKey(), elements).getBytes();
    }
    if (message instanceof ServerMessage.Pong pong) {
      return numbered(pong.id(), Tag.PONG);
    }
    if (message instanceof ServerMessage.Refusal refusal) {
      return encode(refusal);
    }
    if (message instanceof ServerMessage.Chunked chunked) {
      return encode(chunked.chunk());
    }
    throw new AssertionError(message);
  }

  private static byte[] encode(ClientMessage.WriteEntries write) {
    int content = 0;
    for (SealedItem item : write.entries()) {
      content += 40 + item.entryId().length + item.ciphertext().length;
    }
    MessageWriter out = new MessageWriter(128 + write.publicKey().length() + content)
        .map(write.inOrder() ? 6 : 5)
        .key(Field.PUBLIC_KEY)
        .text(write.publicKey())
        .key(Field.ID)
        .number(write.id())
        .key(Field.IV)
        .bytes(write.iv())
        .key(Field.ENCRYPTED_ENTRIES)
        .list(write.entries().size());
    for (SealedItem item : write.entries()) {
      out.map(2)
          .key(Field.ENTRY_ID)
          .bytes(item.entryId())
          .key(Field.ENCRYPTED_ENTRY)
          .bytes(item.ciphertext());
    }
    if (write.inOrder()) {
      out.key(Field.IN_ORDER).bool(true);
    }
    return out.tag(Tag.WRITE_ENTRIES).toBytes();
  }

  private static byte[] encode(ClientMessage.WriteEntriesUnencrypted write) {
    int content = 0;
    for (PlainItem item : write.entries()) {
      content += 80 + item.event().length + item.primaryKey().length + item.payload().length;
    }
    MessageWriter out = new MessageWriter(128 + write.publicKey().length() + content)
        .map(write.inOrder() ? 5 : 4)
        .key(Field.PUBLIC_KEY)
        .text(write.publicKey())
        .key(Field.ID)
        .number(write.id())
        .key(Field.ENTRIES)
        .list(write.entries().size());
    for (PlainItem item : write.entries()) {
      out.map(4)
          .key(Field.ID)
          .bytes(item.id())
          .key(Field.EVENT)
          .text(item.event())
          .key(Field.PRIMARY_KEY)
          .text(item.primaryKey())
          .key(Field.PAYLOAD)
          .bytes(item.payload());
    }
    if (write.inOrder()) {
      out.key(Field.IN_ORDER).bool(true);
    }
    return out.tag(Tag.WRITE_ENTRIES_UNENCRYPTED).toBytes();
  }

  private static byte[] encode(ServerMessage.Refusal refusal) {
    Double id = refusal.id();
    String publicKey = refusal.publicKey();
    MessageWriter out = new MessageWriter(128 + refusal.message().length())
        .map(4 + (id == null ? 0 : 1) + (publicKey == null ? 0 : 1))
        .key(Field.REQUEST_TAG)
        .text(refusal.requestTag());
    if (id != null) {
      out.key(Field.ID).number(id);
    }
    if (publicKey != null) {
      out.key(Field.PUBLIC_KEY).text(publicKey);
    }
    return out.key(Field.CODE)
        .text(refusal.code().name())
        .key(Field.MESSAGE)
        .text(refusal.message())
        .tag(Tag.ERROR)
        .toBytes();
  }

  private static byte[] encode(Chunk chunk) {
    return new MessageWriter(64 + chunk.data().length)
        .map(4)
        .key(Field.ID)
        .number(chunk.id())
        .key(Field.PART)
        .list(2)
        .number(chunk.index())
        .number(chunk.total())
        .key(Field.DATA)
        .bytes(chunk.data())
        .tag(Tag.CHUNKED_MESSAGE)
        .toBytes();
  }

  private static byte[] numbered(double id, Tag tag) {
    return new MessageWriter(24).map(2).key(Field.ID).number(id).tag(tag).toBytes();
  }
}
