package io.tributary.storage.file;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a database in a directory of its own. It gets its name last, when it is whole and on the
 * disk, and it is marked, so that it is never opened as a data set: it has the original's identity.
 */
final class Backup {
  static final String FILE = "tributary-backup.db";

  private static final String UNFINISHED = ".unfinished";

  private final Path from;
  private final Path target;

  /** A copy of the open data directory {@code from}. */
  Backup(Path from, Path target) {
    this.from = from;
    this.target = target.toAbsolutePath().normalize();
  }

  /**
   * The first part, with the database.
   *
   * @return the unfinished copy
   */
  Path copy(ReadConnection connection) throws SQLException {
    Path copy = target.resolve(FILE + UNFINISHED);
    boolean made = false;
    try {
      Path unused = Database.makeDirectory(target);
      requireEmpty(target, Set.of());
      made = true;
      Database.makeFile(copy);
      connection.copyTo(copy);
      return copy;
    } catch (IOException e) {
      throw failed(e, made ? copy : null);
    } catch (SQLException | RuntimeException e) {
      if (made) {
        delete(copy);
      }
      throw e;
    }
  }

  /**
   * The rest, without it.
   *
   * @return the backup
   */
  Path finish(Path copy) {
    try {
      Database.markAsBackup(copy);
      Path backup = target.resolve(FILE);
      publish(copy, backup);
      return backup;
    } catch (IOException | SQLException e) {
      throw failed(e, copy);
    }
  }

  private StorageException failed(Exception e, @Nullable Path copy) {
    if (copy != null) {
      delete(copy);
    }
    return new StorageException(
        Outcome.NOT_COMMITTED,
        "can't back up " + from + " to " + target + ": " + FileStorageProvider.inWords(target, e),
        e);
  }

  /** Makes a data set of a backup. Blocking; the target directory's lock is held. */
  static DataSetId restore(Path backup, Path directory) throws IOException, SQLException {
    Path file = backup.resolve(FILE);
    if (!Files.exists(file)) {
      throw refused(backup, "there is no " + FILE + " in it");
    }
    Path copy = directory.resolve(Database.FILE + UNFINISHED);
    Files.deleteIfExists(copy);
    // The lock is there because we hold it.
    requireEmpty(directory, Set.of("lock"));
    Database.makeFile(copy);
    try {
      try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ);
          FileChannel out = FileChannel.open(copy, StandardOpenOption.WRITE)) {
        long size = in.size();
        for (long at = 0; at < size; ) {
          at += in.transferTo(at, size - at, out);
        }
      }
      DataSetId id = DataSetId.random();
      try {
        if (!Database.unmarkBackup(copy)) {
          throw refused(backup, FILE + " was not made by this or an older version's backup");
        }
        try (Connection connection = Database.connect(copy)) {
          List<String> findings = Check.of(connection);
          if (!findings.isEmpty()) {
            throw refused(backup, "it is damaged: " + findings.get(0));
          }
          Database.setDataSetId(connection, id);
        }
      } catch (SQLException e) {
        if (SqliteError.of(e) == SqliteError.DAMAGED) {
          throw refused(backup, "it is damaged: " + e.getMessage());
        }
        throw e;
      }
      publish(copy, directory.resolve(Database.FILE));
      return id;
    } catch (IOException | SQLException | RuntimeException e) {
      delete(copy);
      throw e;
    }
  }

  private static StorageException refused(Path backup, String why) {
    return new StorageException(Outcome.REJECTED, backup + " is not a whole backup: " + why, null);
  }

  private static void requireEmpty(Path directory, Set<String> butFor) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> !butFor.contains(name))
          .findFirst()
          .ifPresent(name -> {
            throw new StorageException(
                Outcome.REJECTED,
                directory + " is not empty (it holds " + name + "): choose a new directory",
                null);
          });
    }
  }

  /** Gives it its name, once it is on the disk. */
  private static void publish(Path unfinished, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Path unused = Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    Path directory = file.getParent();
    if (directory != null) {
      Database.sync(directory);
    }
  }

  private static void delete(Path copy) {
    try {
      Files.deleteIfExists(copy);
      Files.deleteIfExists(copy.resolveSibling(copy.getFileName() + "-journal"));
    } catch (IOException e) {
      // its name says what it is
    }
  }
}
