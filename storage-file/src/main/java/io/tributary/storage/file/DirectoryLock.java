package io.tributary.storage.file;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The right to use a data directory: an operating system lock on its file {@code lock}, which ends
 * with the process however that ends.
 */
final class DirectoryLock implements AutoCloseable {
  /**
   * The directories this process holds. A second channel on the lock file must never even be opened
   * here: on POSIX systems closing any of them gives up the process's lock.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes the lock of an existing directory.
   *
   * @throws StorageException naming the directory if another holds it, or this process does
   */
  static DirectoryLock acquire(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!HELD.add(real)) {
      throw inUse(directory, "this process");
    }
    FileChannel channel = null;
    try {
      Path file = real.resolve("lock");
      channel = FileChannel.open(
          file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw inUse(directory, holder(file));
      }
      note(channel);
      return new DirectoryLock(real, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      HELD.remove(real);
      throw e;
    }
  }

  private static StorageException inUse(Path directory, String by) {
    return new StorageException(
        Outcome.NOT_COMMITTED,
        "the data directory " + directory + " is in use by " + by
            + ": stop that one first, or choose another storage.file.dir",
        null);
  }

  /** Only for the other side's error message, so it may fail (on a full disk). */
  private static void note(FileChannel channel) {
    try {
      channel.truncate(0);
      byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
      int ignored = channel.write(ByteBuffer.wrap(pid), 0);
    } catch (IOException e) {
      // the lock itself holds
    }
  }

  private static String holder(Path file) {
    @Nullable String pid = null;
    try {
      pid = Files.readString(file).strip();
    } catch (IOException e) {
      // say it without
    }
    return pid == null || pid.isEmpty() ? "another process" : "process " + pid;
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(directory);
    }
  }
}
