package io.tributary.client.stores.migration;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a journal of the npm SDK entry by entry: MessagePack, either {@code {version: 1, entries}} or a
 * bare list of entries, as bytes or as base64 text. Blocks; for one thread.
 */
final class SdkJournal implements Closeable {
  /** Bytes of a text or an id; the rules for entries allow less. */
  private static final int MAX_TEXT = 64 << 10;

  private static final int MAX_DEPTH = 64;

  private final DataInputStream in;
  private final boolean text;
  private final int maxPayload;
  private long left;

  /** It can't be read, or not any further. */
  static final class BrokenException extends IOException {
    private static final long serialVersionUID = 1;

    BrokenException(String message) {
      super(message);
    }
  }

  /**
   * What is at an entry's place.
   *
   * @param entry empty if what is there is no entry
   */
  record Item(Optional<Entry> entry) {}

  private SdkJournal(DataInputStream in, boolean text, int maxPayload) {
    this.in = in;
    this.text = text;
    this.maxPayload = maxPayload;
  }

  /**
   * Begins.
   *
   * @param maxPayload entries with more bytes of payload are passed over
   */
  static SdkJournal open(InputStream file, int maxPayload) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(file, 1 << 16);
    buffered.mark(1);
    int first = buffered.read();
    buffered.reset();
    if (first < 0) {
      throw new BrokenException("it is empty");
    }
    // No byte of base64 begins a map or a list.
    InputStream plain = first < 0x80 ? Base64.getMimeDecoder().wrap(buffered) : buffered;
    SdkJournal journal = new SdkJournal(
        new DataInputStream(new BufferedInputStream(plain, 1 << 16)), first < 0x80, maxPayload);
    try {
      journal.begin();
    } catch (IOException e) {
      throw journal.told(e);
    }
    return journal;
  }

  /** That it ends too early, or is no base64, is its own fault; all else is the disk's. */
  private IOException told(IOException e) {
    return e instanceof EOFException || (text && !(e instanceof BrokenException))
        ? new BrokenException("it is cut short")
        : e;
  }

  private void begin() throws IOException {
    int format = in.readUnsignedByte();
    if (isList(format)) {
      left = count(format, 0x90, 0xdc);
      return;
    }
    if (!isMap(format)) {
      throw new BrokenException("it is no journal");
    }
    long fields = count(format, 0x80, 0xde);
    for (long i = 0; i < fields; i++) {
      String field = text();
      if (field != null && field.equals("entries")) {
        int entries = in.readUnsignedByte();
        if (!isList(entries)) {
          throw new BrokenException("its entries are no list");
        }
        left = count(entries, 0x90, 0xdc);
        return;
      }
      if (field != null && field.equals("version")) {
        int version = in.readUnsignedByte();
        if (version != 1) {
          throw new BrokenException("its version is not 1");
        }
      } else {
        skip(0);
      }
    }
    throw new BrokenException("it has no entries");
  }

  /**
   * The next entry; empty at the end.
   *
   * @throws IOException if it can't be read any further
   */
  Optional<Item> next() throws IOException {
    if (left == 0) {
      return Optional.empty();
    }
    left--;
    try {
      return Optional.of(new Item(entry()));
    } catch (IOException e) {
      throw told(e);
    }
  }

  private Optional<Entry> entry() throws IOException {
    int format = in.readUnsignedByte();
    if (!isMap(format)) {
      skip(format, 0);
      return Optional.empty();
    }
    byte[] id = null;
    String event = null;
    String primaryKey = null;
    byte[] payload = null;
    long fields = count(format, 0x80, 0xde);
    for (long i = 0; i < fields; i++) {
      String field = text();
      switch (field == null ? "" : field) {
        case "id" -> id = bytes(EntryId.SIZE);
        case "event" -> event = text();
        case "primaryKey" -> primaryKey = text();
        case "payload" -> payload = bytes(maxPayload);
        default -> skip(0);
      }
    }
    return id == null
            || id.length != EntryId.SIZE
            || event == null
            || primaryKey == null
            || payload == null
        ? Optional.empty()
        : Optional.of(new Entry(EntryId.of(id), event, primaryKey, payload));
  }

  private static boolean isMap(int format) {
    return (format & 0xf0) == 0x80 || format == 0xde || format == 0xdf;
  }

  private static boolean isList(int format) {
    return (format & 0xf0) == 0x90 || format == 0xdc || format == 0xdd;
  }

  /** How many things follow. */
  private long count(int format, int fix, int sixteen) throws IOException {
    if ((format & 0xf0) == fix) {
      return format & 0x0f;
    }
    return format == sixteen ? in.readUnsignedShort() : in.readInt() & 0xffff_ffffL;
  }

  /** A text; null if it is something else, or too long, and passed over. */
  private @Nullable String text() throws IOException {
    int format = in.readUnsignedByte();
    long length;
    if ((format & 0xe0) == 0xa0) {
      length = format & 0x1f;
    } else if (format >= 0xd9 && format <= 0xdb) {
      length = length(format - 0xd9);
    } else {
      skip(format, 0);
      return null;
    }
    byte[] bytes = read(length, MAX_TEXT);
    try {
      return bytes == null
          ? null
          : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Bytes; null if it is something else, or too long, and passed over. */
  private byte @Nullable [] bytes(int max) throws IOException {
    int format = in.readUnsignedByte();
    if (format < 0xc4 || format > 0xc6) {
      skip(format, 0);
      return null;
    }
    return read(length(format - 0xc4), max);
  }

  private long length(int width) throws IOException {
    return switch (width) {
      case 0 -> in.readUnsignedByte();
      case 1 -> in.readUnsignedShort();
      default -> in.readInt() & 0xffff_ffffL;
    };
  }

  private byte @Nullable [] read(long length, int max) throws IOException {
    if (length > max) {
      in.skipNBytes(length);
      return null;
    }
    // No more is allocated than there is.
    byte[] bytes = in.readNBytes((int) length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  private void skip(int depth) throws IOException {
    skip(in.readUnsignedByte(), depth);
  }

  /** Passes a value over. */
  private void skip(int format, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new BrokenException("it nests too deeply");
    }
    if (isMap(format) || isList(format)) {
      boolean map = isMap(format);
      long values = map ? 2 * count(format, 0x80, 0xde) : count(format, 0x90, 0xdc);
      for (long i = 0; i < values; i++) {
        skip(depth + 1);
      }
    } else if ((format & 0xe0) == 0xa0) {
      in.skipNBytes(format & 0x1f);
    } else if (format >= 0xc4 && format <= 0xc6) {
      in.skipNBytes(length(format - 0xc4));
    } else if (format >= 0xc7 && format <= 0xc9) {
      in.skipNBytes(length(format - 0xc7) + 1);
    } else if (format >= 0xd9 && format <= 0xdb) {
      in.skipNBytes(length(format - 0xd9));
    } else if (format >= 0xd4 && format <= 0xd8) {
      in.skipNBytes((1L << (format - 0xd4)) + 1);
    } else if (format == 0xca || format == 0xce || format == 0xd2) {
      in.skipNBytes(4);
    } else if (format == 0xcb || format == 0xcf || format == 0xd3) {
      in.skipNBytes(8);
    } else if (format == 0xcc || format == 0xd0) {
      in.skipNBytes(1);
    } else if (format == 0xcd || format == 0xd1) {
      in.skipNBytes(2);
    } else if (format == 0xc1) {
      throw new BrokenException("it is no MessagePack");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
