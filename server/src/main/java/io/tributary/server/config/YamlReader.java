package io.tributary.server.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads one YAML 1.2 document (JSON is one too) into {@link Value}s. */
final class YamlReader {
  /** Far above any configuration; stops aliases that nest or multiply. */
  private static final int MAX_DEPTH = 20;

  private static final int MAX_NODES = 200_000;
  private static final Pattern WHOLE = Pattern.compile("-?(?:0|[1-9][0-9]{0,17})");
  private static final Pattern FRACTION =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]*)?(?:[eE][-+]?[0-9]+)?");

  private final Function<Integer, String> origin;
  private int nodes;

  private YamlReader(Function<Integer, String> origin) {
    this.origin = origin;
  }

  /** What is wrong with the text; says nothing of its content, which may be secret. */
  static final class NotYamlException extends Exception {
    NotYamlException(String message) {
      super(message);
    }
  }

  /**
   * Reads a document.
   *
   * @param origin makes an origin of a line number, first 1
   * @return empty if there is nothing in the document
   */
  static Optional<Value> read(String yaml, Function<Integer, String> origin)
      throws NotYamlException {
    // JSON may be indented by tabs, which YAML does not take
    String text = yaml.stripLeading().startsWith("{") ? yaml.replace('\t', ' ') : yaml;
    try {
      Optional<Node> root = new Compose(LoadSettings.builder().build()).composeString(text);
      return root.isEmpty()
          ? Optional.empty()
          : Optional.of(new YamlReader(origin).value(root.get(), 0));
    } catch (MarkedYamlEngineException e) {
      throw new NotYamlException(e.getProblemMark()
              .map(m -> "line " + (m.getLine() + 1) + ", column " + (m.getColumn() + 1) + ": ")
              .orElse("")
          + e.getProblem());
    } catch (YamlEngineException e) {
      throw new NotYamlException("it cannot be read: " + e.getClass().getSimpleName());
    }
  }

  private Value value(Node node, int depth) throws NotYamlException {
    int line = node.getStartMark().map(Mark::getLine).orElse(0) + 1;
    String where = origin.apply(line);
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw new NotYamlException("line " + line + ": nested too deeply, or too much of it");
    }
    if (node instanceof ScalarNode scalar) {
      return scalar.isPlain() && scalar.getTag().equals(Tag.NULL)
          ? new Value.Nothing(where)
          : new Value.Text(scalar.getValue(), scalar.isPlain(), where);
    } else if (node instanceof SequenceNode sequence) {
      List<Value> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        items.add(value(item, depth + 1));
      }
      return new Value.Items(items, where);
    } else if (node instanceof MappingNode mapping) {
      Map<String, Value> fields = new LinkedHashMap<>();
      for (NodeTuple tuple : mapping.getValue()) {
        int keyLine = tuple.getKeyNode().getStartMark().map(Mark::getLine).orElse(0) + 1;
        if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
          throw new NotYamlException("line " + keyLine + ": a key must be a text");
        }
        if (fields.put(name.getValue(), value(tuple.getValueNode(), depth + 1)) != null) {
          throw new NotYamlException(
              "line " + keyLine + ": the key \"" + name.getValue() + "\" is there twice");
        }
      }
      return new Value.Fields(fields, where);
    } else {
      throw new NotYamlException("line " + line + ": neither text, list nor mapping");
    }
  }

  /** The number or boolean that an unquoted text stands for, or the text itself. */
  static Object typed(String text) {
    if (text.equals("true") || text.equals("false")) {
      return Boolean.valueOf(text);
    } else if (WHOLE.matcher(text).matches()) {
      long number = Long.parseLong(text);
      // as Vert.x's own JSON reader gives them
      return number == (int) number ? (Object) (int) number : (Object) number;
    } else if (FRACTION.matcher(text).matches()) {
      return Double.valueOf(text);
    } else {
      return text;
    }
  }
}
