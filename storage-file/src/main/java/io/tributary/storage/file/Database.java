package io.tributary.storage.file;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import org.sqlite.SQLiteConfig;

/**
 * The database file of a data directory: making it, migrating it, connecting to it.
 *
 * <p>The directory's lock must be held. Blocking; immutable.
 */
final class Database {
  /** The newest schema this version knows; {@code schema-N.sql} leads from N - 1 to N. */
  static final int SCHEMA = 4;

  static final String FILE = "tributary.db";

  /** "TRIB": tells our files from others'. */
  private static final int APPLICATION_ID = 0x54524942;

  /** "TRBK": a backup, which has to be restored before it can be used. */
  private static final int BACKUP_ID = 0x5452424b;

  static final int PAGE_BYTES = 4096;
  private static final int WRITER_CACHE_KIB = 64 * 1024;
  private static final int READER_CACHE_KIB = 4 * 1024;

  /** For whoever else has the file open, as a backup tool. */
  static final int BUSY_MS = 2_000;

  /** What a burst may leave of the log file; below that it is reused, not made anew. */
  private static final int LOG_BYTES = 64 * 1024 * 1024;

  private final Path directory;
  private final String url;

  Database(Path directory) {
    this.directory = directory;
    this.url = url(directory.resolve(FILE));
  }

  /** As a URI, so that ? and % in the path stay what they are. */
  private static String url(Path file) {
    return "jdbc:sqlite:" + file.toUri();
  }

  /**
   * Makes the directory, for its owner only, where there is none.
   *
   * @return its absolute path
   */
  static Path makeDirectory(Path configured) throws IOException {
    Path directory = configured.toAbsolutePath().normalize();
    Path there = directory;
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    Files.createDirectories(directory, ownerOnly("rwx------"));
    // Each new directory's name is in its parent.
    for (Path made = directory; made != null && !made.equals(there); made = made.getParent()) {
      Path parent = made.getParent();
      if (parent != null) {
        sync(parent);
      }
    }
    return directory;
  }

  /** Makes the names in the directory durable. */
  static void sync(Path directory) throws IOException {
    if (!isPosix()) {
      return; // elsewhere a directory can't be opened
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static FileAttribute<?>[] ownerOnly(String permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  /** Whether there is a database. */
  boolean exists() {
    return Files.exists(directory.resolve(FILE));
  }

  Path directory() {
    return directory;
  }

  /** A connection that writes, to the newest schema, without a transaction under way. */
  Connection openWriter() throws SQLException, IOException {
    makeFile(directory.resolve(FILE));
    return openWriter(true);
  }

  /** The same, but to the schema that the file has. */
  Connection openAsItIs() throws SQLException, IOException {
    return openWriter(false);
  }

  private Connection openWriter(boolean migrate) throws SQLException, IOException {
    SQLiteConfig config = new SQLiteConfig();
    // Otherwise the driver runs a query after every insert: more work than the insert itself.
    config.setGetGeneratedKeys(false);
    Connection connection = config.createConnection(url);
    try (Statement statement = connection.createStatement()) {
      int version = number(statement, "PRAGMA user_version");
      boolean empty = number(statement, "SELECT count(*) FROM sqlite_schema") == 0;
      int application = number(statement, "PRAGMA application_id");
      if (application == BACKUP_ID) {
        throw refused("is a backup: restore it into a directory of its own");
      }
      if (!empty && application != APPLICATION_ID) {
        throw refused(
            "is not a database of Tributary: move it away or choose another storage.file.dir");
      }
      if (version > SCHEMA) {
        throw refused("has schema version " + version + ", and this program knows versions up to "
            + SCHEMA + ": use the newer version of Tributary that wrote it");
      }
      if (empty) {
        // Fixed once there is anything in the file.
        statement.executeUpdate("PRAGMA page_size = " + PAGE_BYTES);
        statement.executeUpdate("PRAGMA auto_vacuum = INCREMENTAL");
      }
      configure(statement, WRITER_CACHE_KIB);
      try (ResultSet mode = statement.executeQuery("PRAGMA journal_mode = WAL")) {
        if (!mode.next() || !"wal".equals(mode.getString(1))) {
          throw refused("can't have a write-ahead log on this file system: choose a local one");
        }
      }
      statement.executeUpdate("PRAGMA synchronous = FULL");
      // What is deleted is overwritten.
      statement.executeUpdate("PRAGMA secure_delete = ON");
      // The writer says when.
      statement.executeUpdate("PRAGMA wal_autocheckpoint = 0");
      statement.executeUpdate("PRAGMA journal_size_limit = " + LOG_BYTES);
      if (migrate) {
        migrate(connection, statement, version);
      }
      return connection;
    } catch (SQLException | IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Makes an empty file, for its owner only, where there is none. */
  static void makeFile(Path file) throws IOException {
    try {
      Files.createFile(file, ownerOnly("rw-------"));
    } catch (FileAlreadyExistsException e) {
      // the usual case
    }
  }

  /** What overwrites the bytes that SQLite doesn't. A writer must be open. */
  Scrubber openScrubber() throws IOException {
    return Scrubber.open(directory.resolve(FILE));
  }

  /** A connection that can't write, without a transaction under way. A writer must be open. */
  Connection openReader() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    Connection connection = config.createConnection(url);
    try (Statement statement = connection.createStatement()) {
      configure(statement, READER_CACHE_KIB);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void configure(Statement statement, int cacheKib) throws SQLException {
    statement.executeUpdate("PRAGMA busy_timeout = " + BUSY_MS);
    statement.executeUpdate("PRAGMA cache_size = " + -cacheKib);
    statement.executeUpdate("PRAGMA temp_store = MEMORY");
  }

  private void migrate(Connection connection, Statement statement, int version)
      throws SQLException, IOException {
    if (version == SCHEMA) {
      return;
    }
    connection.setAutoCommit(false);
    for (int next = version + 1; next <= SCHEMA; next++) {
      statement.executeUpdate(script("schema-" + next + ".sql"));
      if (next == 1) {
        insertDataSet(connection, DataSetId.random());
        statement.executeUpdate("PRAGMA application_id = " + APPLICATION_ID);
      }
      statement.executeUpdate("PRAGMA user_version = " + next);
      connection.commit();
    }
    connection.setAutoCommit(true);
  }

  private static void insertDataSet(Connection connection, DataSetId id) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO data_set VALUES (1, ?, 0, 0)")) {
      insert.setBytes(1, id.toBytes());
      insert.executeUpdate();
    }
  }

  /** Makes a backup of a copy of the database, so that nobody uses it as it is. */
  static void markAsBackup(Path copy) throws SQLException {
    try (Connection connection = connect(copy);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA application_id = " + BACKUP_ID);
    }
  }

  /**
   * Makes a database of a copy of a backup.
   *
   * @return whether it was a backup of a schema that this program knows
   */
  static boolean unmarkBackup(Path copy) throws SQLException {
    try (Connection connection = connect(copy);
        Statement statement = connection.createStatement()) {
      if (number(statement, "PRAGMA application_id") != BACKUP_ID
          || number(statement, "PRAGMA user_version") > SCHEMA) {
        return false;
      }
      statement.executeUpdate("PRAGMA application_id = " + APPLICATION_ID);
      return true;
    }
  }

  /** A connection to a copy of a database, which is written to without a log. */
  static Connection connect(Path copy) throws SQLException {
    return new SQLiteConfig().createConnection(url(copy));
  }

  /** The version of the schema that the file has. */
  static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return number(statement, "PRAGMA user_version");
    }
  }

  static DataSetId dataSetId(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT id FROM data_set")) {
      if (!row.next()) {
        throw new SQLException("the database says nothing about its data set");
      }
      return DataSetId.parse(HexFormat.of().formatHex(row.getBytes(1)));
    }
  }

  static void setDataSetId(Connection connection, DataSetId id) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement("UPDATE data_set SET id = ?")) {
      update.setBytes(1, id.toBytes());
      update.executeUpdate();
    }
  }

  /**
   * Makes what the log holds durable. Before the first connection is opened.
   *
   * <p>A log left by a process that ended suddenly, or by us after an error, may hold commits that
   * were never synced, or whose sync failed. They will be readable, so they have to be durable. Only
   * syncing once more would not do: after a failed sync the operating system may count the lost
   * pages as written. Written anew, with what they hold, they are synced for certain; and that needs
   * no room on the disk.
   */
  void settle() throws IOException {
    Path file = directory.resolve(FILE + "-wal");
    if (Files.exists(file)) {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        ByteBuffer block = ByteBuffer.allocate(1024 * 1024);
        for (long at = 0; channel.read(block.clear(), at) > 0; at += block.limit()) {
          block.flip();
          while (block.hasRemaining()) {
            int unused = channel.write(block, at + block.position());
          }
        }
        channel.force(true);
      }
    }
    sync(directory);
  }

  private static int number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  private StorageException refused(String why) {
    return new StorageException(Outcome.REJECTED, directory.resolve(FILE) + " " + why, null);
  }

  private static String script(String name) throws IOException {
    try (InputStream in = Database.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
