package io.tributary.storage.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Overwrites what SQLite leaves behind in the database file in spite of secure_delete: when it
 * distributes the rows of a page over its neighbours, copies of rows stay in the page's gap, the
 * bytes between the list of its rows and the rows. They are read by nobody, and not overwritten when
 * the row itself is deleted.
 *
 * <p>Only bytes that no row, page or version of the file format gives a meaning to are written to,
 * and each is the same or zero afterwards, so that a crash at any point does no harm.
 *
 * <p>To be closed only after all connections to the file: on POSIX systems closing any channel gives
 * up the locks that SQLite holds for this process.
 */
final class Scrubber implements AutoCloseable {
  /** Pages looked at in one step: 16 MiB. */
  private static final int PAGES = 4096;

  /** Pages found in one step; cleared in one piece. */
  private static final int FOUND = 256;

  /** The file header's size; the first page's own header follows it. */
  private static final int FILE_HEADER = 100;

  private static final byte TABLE_LEAF = 0x0d;

  /** The pages of an index, and of a table without row ids, hold rows in its inner pages, too. */
  private static final byte INDEX_LEAF = 0x0a;

  private static final byte INDEX_INNER = 0x02;

  private static final int LEAF_HEADER = 8;
  private static final int INNER_HEADER = 12;

  /** The page with the bytes that SQLite locks holds nothing else. */
  private static final long LOCKED_BYTE = 0x40000000;

  /** In the map of pages: the root of a tree, or another page of one. */
  private static final byte ROOT = 1;

  private static final byte TREE = 5;

  private static final int MAP_ENTRY = 5;

  private final FileChannel channel;

  /** Pages with something in their gap, and the page to look on from; 0 at the end. */
  record Found(List<Long> pages, long next) {}

  private Scrubber(FileChannel channel) {
    this.channel = channel;
  }

  static Scrubber open(Path file) throws IOException {
    return new Scrubber(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /**
   * Looks for pages with something in their gap. Beside everything else: what was in a gap before the
   * call, and still is in the gap after it, is found even if the page is written meanwhile.
   *
   * @param from a page, the first is 1
   */
  Found find(long from) throws IOException {
    int size = Database.PAGE_BYTES;
    ByteBuffer pages = read((from - 1) * size, PAGES * size);
    int count = pages.limit() / size;
    List<Long> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer page = pages.slice(i * size, size);
      Gap gap = Gap.of(page, from + i);
      if (gap != null && !gap.isClear(page)) {
        found.add(from + i);
        if (found.size() == FOUND) {
          return new Found(found, from + i + 1);
        }
      }
    }
    return new Found(found, count == PAGES ? from + PAGES : 0);
  }

  /** Clears the gaps of pages. While the log is empty and nobody writes. */
  void clear(List<Long> pages) throws IOException {
    int size = Database.PAGE_BYTES;
    for (long number : pages) {
      ByteBuffer page = read((number - 1) * size, size);
      Gap gap = page.limit() == size && isTree(number) ? Gap.of(page, number) : null;
      if (gap != null) {
        write(ByteBuffer.allocate(gap.end - gap.start), (number - 1) * size + gap.start);
      }
    }
    channel.force(false);
  }

  /** By the map that a file with auto_vacuum has: a page of another kind may look like a tree's. */
  private boolean isTree(long number) throws IOException {
    if (number == 1) {
      return true;
    }
    int size = Database.PAGE_BYTES;
    long each = size / MAP_ENTRY + 1L;
    long map = (number - 2) / each * each + 2;
    if (map == LOCKED_BYTE / size + 1) {
      map++;
    }
    if (number <= map) {
      return false;
    }
    byte kind = read((map - 1) * size + MAP_ENTRY * (number - map - 1), 1).get(0);
    return kind == ROOT || kind == TREE;
  }

  private ByteBuffer read(long at, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {
      // goes on
    }
    return buffer.flip();
  }

  private void write(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      int unused = channel.write(bytes, at + bytes.position());
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The bytes of a page with rows that nothing is in. */
  private record Gap(int start, int end) {
    static @Nullable Gap of(ByteBuffer page, long number) {
      int header = number == 1 ? FILE_HEADER : 0;
      byte kind = page.get(header);
      if (kind != TABLE_LEAF && kind != INDEX_LEAF && kind != INDEX_INNER) {
        return null;
      }
      int start = header
          + (kind == INDEX_INNER ? INNER_HEADER : LEAF_HEADER)
          + 2 * Short.toUnsignedInt(page.getShort(header + 3));
      int end = Short.toUnsignedInt(page.getShort(header + 5));
      return start < end && end <= page.limit() ? new Gap(start, end) : null;
    }

    boolean isClear(ByteBuffer page) {
      for (int i = start; i < end; i++) {
        if (page.get(i) != 0) {
          return false;
        }
      }
      return true;
    }
  }
}
