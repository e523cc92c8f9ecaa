#!/usr/bin/env bash
# Usage: convert.sh PROGRAM [COMPILER]
#
# The example `convert` as a user meets it: it inspects, converts, checks, runs and writes headers; and to each wrong
# input it answers with one line on standard error and exit code 2, and leaves nothing behind.

here=$(cd "$(dirname "$0")" && pwd)
include=$(cd "$here/../../include" && pwd)
source "$(dirname "$0")/checks.sh"
compiler=${2-}

# GuitarML's form: a recurrent network of one unit, h = tanh(0.5 x + 0.25 h'), y = 2 h + 0.125.
cat >amp.json <<'END'
{"model_data": {"model": "SimpleRNN", "unit_type": "RNN", "input_size": 1, "hidden_size": 1, "output_size": 1, "num_layers": 1, "skip": 0, "samplerate": 8000},
 "state_dict": {"rec.weight_ih_l0": [[0.5]], "rec.weight_hh_l0": [[0.25]], "rec.bias_ih_l0": [0], "rec.bias_hh_l0": [0], "lin.weight": [[2]], "lin.bias": [0.125]}}
END
printf '1\n0\n-1\n' >x.csv
printf '1.0492343\n0.3550361\n-0.7534102\n' >y.csv

works "inspect" "RTNeural, GuitarML or AIDA-X.*elman +1 -> 1, activation tanh +4 .*Input: 1 number a step.*6 parameters, 24 bytes.*1 number of state.*8000 samples a second.*no test case" \
  "$program" inspect amp.json
works "check with expected values" "As expected: the largest difference in 3 steps is " "$program" check amp.json --input x.csv --expected y.csv
works "convert" "Saved to amp.safetensors, with a test case" "$program" convert amp.json amp.safetensors
works "inspect what was converted" "recur.*test case of 16 steps" "$program" inspect amp.safetensors
works "the test case" "As expected: .* in 16 steps" "$program" check amp.safetensors
works "loading with the test case" "^amp" "$program" inspect amp.safetensors --check
works "the same outputs" "As expected" "$program" check amp.safetensors --input x.csv --expected y.csv
works "convert once more" "Saved to again.safetensors" "$program" convert amp.safetensors again.safetensors
cmp -s amp.safetensors again.safetensors || fail "a second conversion changed the file"
works "run on a table" "Saved 3 steps to out.csv" "$program" run amp.safetensors x.csv out.csv
works "what it wrote" "As expected" "$program" check amp.safetensors --input x.csv --expected out.csv
printf 'signal\n1\n0\n-1\n' >named.csv
works "a table with a name" "As expected" "$program" check amp.json --input named.csv --expected y.csv
if "$program" run amp.safetensors x.csv out.wav >/dev/null 2>&1; then
  if [[ -s out.wav ]]; then  # else the program was built without libsndfile
    works "run on a sound" "Saved 3 steps to out2.wav" "$program" run amp.safetensors out.wav out2.wav
    [[ $(wc -c <out2.wav) == 50 ]] || fail "three samples of 16 bits: $(wc -c <out2.wav) bytes"
    sed 's/, "samplerate": 8000//' amp.json >any.json
    works "a sound of 48000 samples a second" "Saved 3 steps" "$program" run any.json x.csv out48.wav
    refused "a sound of another rate" "out48.wav: has 48000 samples a second, but the network is for 8000" "$program" run amp.json out48.wav no.wav
  fi
fi

if "$program" convert amp.json amp.onnx >said.txt 2>&1; then  # else the program was built without protobuf
  grep -q "Saved to amp.onnx, with a test case" said.txt || fail "ONNX keeps no test case: $(cat said.txt)"
  works "the test case in ONNX" "As expected: .* in 16 steps" "$program" check amp.onnx
  sed 's/\("output":\[\[-*\)[0-9]/\19/' amp.onnx >spoilt.onnx
  refused "a test case in ONNX that is wrong" "does not give what its test case expects" "$program" inspect spoilt.onnx --check
  works "the sample rate in ONNX" "8000 samples a second" "$program" inspect amp.onnx --check
  for options in "--steps 16 --batch 1" "--lengths" "--states"; do
    works "ONNX with $options" "Saved to as-said.onnx, with a test case" "$program" convert amp.json as-said.onnx --overwrite $options
  done
  grep -qa "initial_h_1" as-said.onnx || fail "--states: the file takes no state"
  refused "what ONNX has in another format" "OUT must end in .onnx" "$program" convert amp.json no.safetensors --lengths
  refused "no steps" "it must be a whole number from 1" "$program" convert amp.json no.onnx --steps 0

  # A graph of two inputs, of 3 and 2 numbers a step, and two outputs.
  graph=$here/../golden/onnx/masked_13.onnx
  printf '1,2,3\n-1,0,1\n' >signal.csv
  printf '1,0\n0,1\n' >speaker.csv
  given=(--input signal=signal.csv --input speaker=speaker.csv)
  works "inspect a graph" "Inputs a step: signal .3 numbers., speaker .2 numbers.. Outputs: masked, mask.*A stream keeps 4 numbers of state.*--input NAME=FILE" "$program" inspect "$graph"
  works "run a graph" "Saved 2 steps of mask to mask.csv. Saved 2 steps of masked to masked.csv" \
    "$program" run "$graph" "${given[@]}" --output mask=mask.csv --output masked=masked.csv
  paste -d, signal.csv mask.csv masked.csv | awk -F, '{ for (i = 1; i <= 3; ++i) if (($i * $(i + 3) - $(i + 6)) ^ 2 > 1e-10) exit 1 }' ||
    fail "masked is not the signal times the mask"
  works "check a graph" "As expected: the largest difference in 2 outputs is 0" "$program" check "$graph" "${given[@]}" --expected mask=mask.csv --expected masked=masked.csv
  works "check one of its outputs" "in 1 output is 0" "$program" check "$graph" "${given[@]}" --expected mask=mask.csv
  refused "check a graph without a test case" "carries no test case: give --input and --expected" "$program" check "$graph"
  refused "load a graph without a test case" "carries no test case" "$program" inspect "$graph" --check
  works "convert a graph" "Saved to other.onnx, with a test case; read again, its outputs differ by " "$program" convert "$graph" other.onnx
  works "the test case of a graph" "As expected: the largest difference in 2 outputs is " "$program" check other.onnx
  works "load a graph with its test case" "Outputs: masked, mask" "$program" inspect other.onnx --check
  works "convert a graph with a test case" "Saved to same.onnx, with a test case" "$program" convert other.onnx same.onnx
  works "the test case that it had" "As expected" "$program" check same.onnx
  sed 's/"mask":\[\[0/"mask":[[9/' other.onnx >wrong.onnx
  refused "a graph that gives something else" "wrong.onnx: gives other outputs: the difference is" "$program" check wrong.onnx
  refused "load a graph that gives something else" "wrong.onnx: gives other outputs" "$program" inspect wrong.onnx --check
  sed 's/"mask":\[\[0/"musk":[[0/' other.onnx >wrong.onnx
  refused "a test case of another graph" 'wrong.onnx: its test case.outputs has no "mask"' "$program" check wrong.onnx
  { cat "$graph" && printf '\162\020\012\006author\022\006nobody'; } >signed.onnx  # metadata_props of a ModelProto
  works "convert a graph with metadata" "Saved to kept.onnx" "$program" convert signed.onnx kept.onnx
  grep -qa nobody kept.onnx || fail "a graph that was converted has lost its metadata"
  works "what it wrote" "As expected" "$program" check other.onnx "${given[@]}" --expected mask=mask.csv --expected masked=masked.csv
  works "convert a graph with options" "Saved to other.onnx" "$program" convert "$graph" other.onnx --overwrite --steps 16 --batch 1
  refused "a graph in another format" "several inputs or outputs: only ONNX can hold it" "$program" convert "$graph" no.safetensors
  refused "a graph as a header" "load_onnx_graph gives all of them" "$program" header "$graph" no.hpp
  refused "other outputs" "gives other outputs: the difference is" "$program" check "$graph" "${given[@]}" --expected mask=masked.csv
  refused "an input too few" "was given 1 inputs: it must be each of its 2 inputs once" "$program" run "$graph" --input signal=signal.csv --output mask=no.csv
  refused "an input that is none" 'has no input "voice"' "$program" run "$graph" --input voice=signal.csv --input speaker=speaker.csv --output mask=no.csv
  refused "a file of two outputs" "mask.csv: is the file of two outputs" "$program" run "$graph" "${given[@]}" --output mask=mask.csv --output masked=./mask.csv --overwrite
  refused "an output that is none" 'has no output "face": it has "masked", "mask"' "$program" run "$graph" "${given[@]}" --output face=no.csv
  refused "a graph without names" "NAME=X.csv of each input" "$program" run "$graph" --input signal=signal.csv
  refused "a name without a file" '"signal=" is not legal: for a graph it must be NAME=FILE' "$program" run "$graph" --input signal= --output mask=no.csv
  refused "names for what is not a graph" "amp.json: is not a graph of ONNX" "$program" check amp.json --input signal=x.csv --expected y=y.csv
else
  grep -q "has the ending of no format that can be written" said.txt || fail "convert to ONNX: $(cat said.txt)"
fi

works "header" "include it, and use amp::Network" "$program" header amp.safetensors amp.hpp
refused "a header in place of the network" "amp.safetensors: is the network" "$program" header amp.safetensors ./amp.safetensors --overwrite
works "a header of 8 bits" "With weights of 8 bits its error is [0-9.e-]+\." "$program" header amp.safetensors small.hpp --weights int8
cp out small.txt
refused "other weights" '"int4" is not legal.*float32 or int8' "$program" header amp.safetensors no.hpp --weights int4
works "header with a name" "bass::Network" "$program" header amp.json other.hpp --name bass
if [[ $compiler ]]; then
  cat >main.cpp <<'END'
#include "amp.hpp"
int main() {
  amp::Network net;
  float x[1] = {1}, y[1];
  net.step(x, y);
  static_assert(recur::embedded::error_of<amp::Network>(amp::test_input, amp::test_output) < 1e-5f);
  return y[0] > 1.049234f && y[0] < 1.049235f ? 0 : 1;
}
END
  "$compiler" -std=c++20 -fno-exceptions -fno-rtti -I"$include" main.cpp -o main || fail "the header does not compile"
  ./main || fail "the header's network gives another output"
  error=$(sed -n 's/.*its error is \(.*\)\.$/\1/p' small.txt)
  cat >main.cpp <<END
#include "small.hpp"
constexpr float error = recur::embedded::error_of<small::Network>(small::test_input, small::test_output);
static_assert(error > $error - 1e-5 && error < $error + 1e-5);
int main() {}
END
  "$compiler" -std=c++20 -fno-exceptions -fno-rtti -I"$include" main.cpp -o main || fail "a header of 8 bits has another error than $error"
fi

sed 's/: 8000/: "8000abc"/' amp.json >rate.json
refused "a sample rate that is not a number" 'samplerate is "8000abc": it must be a positive number' "$program" inspect rate.json

# A state dict of PyTorch. It does not say what its modules compute.
cat >torch.json <<'END'
{"rnn.weight_ih_l0": [[0.5]], "rnn.weight_hh_l0": [[0.25]], "rnn.bias_ih_l0": [0], "rnn.bias_hh_l0": [0], "fc1.weight": [[2]], "fc1.bias": [0.125], "fc2.weight": [[1]]}
END
if "$program" --help | grep -q "PyTorch"; then
  refused "an activation that nobody said" 'module "fc1": say TorchOptions.*convert: --after fc1=relu' "$program" inspect torch.json
  cat >words.json <<'END'
{"embedding.weight": [[0.5, 1], [1, 0], [2, 1]], "rnn.weight_ih_l0": [[0.5, 1]], "rnn.weight_hh_l0": [[0.25]], "rnn.bias_ih_l0": [0], "rnn.bias_hh_l0": [0], "fc1.weight": [[2]], "fc1.bias": [0.125], "fc2.weight": [[1]]}
END
  refused "the same of a network of tokens" 'module "fc1": say TorchOptions.*convert: --after fc1=relu' "$program" inspect words.json
  works "options of PyTorch" "rnn.* is an nn.RNN, taken with tanh.*--nonlinearity relu.*dense +1 -> 1, bias false" \
    "$program" inspect torch.json --after fc1=identity
  works "the same outputs" "As expected" "$program" check torch.json --after fc1=identity --input x.csv --expected y.csv
  works "to .pt" "Saved to torch.pt, with a test case" "$program" convert torch.json torch.pt --after fc1=identity
  works "from .pt to .pt" "Saved to again.pt, with a test case" "$program" convert torch.pt again.pt --after fc1=identity
  cmp -s torch.pt again.pt || fail "a .pt file has other names once it was converted"
  grep -qa "rnn.weight_ih_l0" torch.pt || fail "a .pt file has lost the names of its tensors"
  works "to PyTorch's names in safetensors" "Saved to names.safetensors, with a test case" \
    "$program" convert torch.pt names.safetensors --pytorch --after fc1=identity
  grep -qa '"rnn.weight_ih_l0"' names.safetensors || fail "--pytorch: the file has no names of PyTorch"
  works "what --pytorch wrote" "names.safetensors: PyTorch.*test case of 16 steps" "$program" inspect names.safetensors --modules rnn,fc1,fc2 --after fc1=identity --check
  refused "PyTorch's names in another format" "no.recur. has the ending of no format that can be written: these are PyTorch" "$program" convert amp.json no.recur --pytorch
  works "the test case of a .pt file" "As expected: .* in 16 steps" "$program" check again.pt --after fc1=identity
  refused "what --after says" '"fc1" is not legal: it must be MODULE=VALUE' "$program" inspect torch.pt --after fc1
  refused "a dilation of none" "is not legal: it must be MODULE=N" "$program" inspect torch.pt --dilation fc1=0
  echo '{"norm.weight": [1, 2]}' >norm.json
  refused "a normalisation that nobody said" 'module "norm" has one number .*convert: --layer-norms norm' "$program" inspect norm.json
  works "a normalisation" "layer_norm" "$program" inspect norm.json --layer-norms norm
  refused "another function" "it must be tanh or relu" "$program" inspect torch.pt --nonlinearity gelu
fi

refused "other expected values" "amp.json: gives other outputs: the difference is " "$program" check amp.json --input x.csv --expected x.csv
works "a larger tolerance" "As expected" "$program" check amp.json --input x.csv --expected x.csv --tolerance 2
python3 - <<'END' || echo "left out: python3 is not here"
data = open("amp.safetensors", "rb").read()
open("spoilt.safetensors", "wb").write(data[:-4] + b"\0\0\0\x41")
END
if [[ -s spoilt.safetensors ]]; then
  refused "a network that was changed" "spoilt.safetensors: (gives other outputs|does not give)" "$program" check spoilt.safetensors
  refused "the same, with --check" "spoilt.safetensors: does not give what its test case expects" "$program" run spoilt.safetensors x.csv no.csv --check
fi

refused "no command" "no command was given: it must be inspect" "$program"
refused "another command" "it must be inspect|not an option" "$program" teach
refused "no file" "inspect needs" "$program" inspect
refused "nothing to run on" "run takes X and Y" "$program" run amp.json
refused "a missing file" "none.nam: can't be opened" "$program" inspect none.nam
refused "an option that is none" '"--wrong" is not an option of inspect' "$program" inspect amp.json --wrong
refused "one of two" "--input and --expected go together" "$program" check amp.json --input x.csv
refused "no test case" "amp.json: carries no test case" "$program" check amp.json
refused "no test case, with --check" "amp.json: carries no test case" "$program" inspect amp.json --check
refused "another ending" "no.txt. has the ending of no format that can be written: these are recur" "$program" convert amp.json no.txt
refused "another ending of what is written" '"no.foo" has the ending of no format' "$program" convert amp.json no.foo
refused "a command that is none" '"foo" is not a command: it must be inspect' "$program" foo
refused "what exists" "x.csv: exists already" "$program" convert amp.json x.csv
refused "a folder that is not there" "can't be" "$program" convert amp.json none/a.safetensors
refused "a header without a name" "can't be the name of a header's network" "$program" header amp.json no-name.hpp
echo text >text.txt
refused "a file of no format" "text.txt: is of no format that can be read: these are recur" "$program" inspect text.txt
echo text >text.nam
refused "a text as a model" "text.nam: is not JSON" "$program" inspect text.nam
head -c 100 amp.safetensors >cut.safetensors
refused "a file that is cut off" "cut.safetensors: " "$program" inspect cut.safetensors
printf '1\nzebra\n' >words.csv
refused "words for numbers" "words.csv:2: column 1 is .zebra.: it must be a number" "$program" check amp.json --input words.csv --expected y.csv
printf '1,2\n3,4\n' >two.csv
refused "two columns for one" "1 -> 1.* was given 2 numbers a step: it takes 1|takes 1" "$program" check amp.json --input two.csv --expected two.csv
printf '1\n2\n' >short.csv
refused "another length" "gives 1 x 3 numbers, but 1 x 2 are expected" "$program" check amp.json --input x.csv --expected short.csv
[[ -e no.txt || -e no-name.hpp || -e no.csv ]] && fail "something was left behind"
[[ -z $(find . -name '*.tmp') ]] || fail "a temporary file was left behind"

[[ $failures == 0 ]]
