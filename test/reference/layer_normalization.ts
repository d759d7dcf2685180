// SPDX-License-Identifier: MIT
// Oracle: layer normalization over the last axis in double (Ba et al. 2016), y = gamma (x - mean) / sqrt(variance +
// epsilon) + beta, from keras/src/layers/normalization/layer_normalization.py.

export interface LayerNormalizationProblem {
  columns: number;
  epsilon: number;
  /** Rows of `columns` numbers. */
  x: Float64Array;
  /** [columns], or null for ones. */
  gamma: Float64Array | null;
  /** [columns], or null for zeros. */
  beta: Float64Array | null;
}

export interface NormalizationGradients {
  gamma: Float64Array;
  beta: Float64Array;
  x: Float64Array;
}

function momentsOf(row: Float64Array, epsilon: number): { mean: number; deviation: number } {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return { mean, deviation: Math.sqrt(variance + epsilon) };
}

export function layerNormalizationForward(p: LayerNormalizationProblem): Float64Array {
  const y = new Float64Array(p.x.length);
  for (let begin = 0; begin < p.x.length; begin += p.columns) {
    const row = p.x.subarray(begin, begin + p.columns);
    const { mean, deviation } = momentsOf(row, p.epsilon);
    row.forEach((value, j) => {
      y[begin + j] = ((value - mean) / deviation) * (p.gamma?.[j] ?? 1) + (p.beta?.[j] ?? 0);
    });
  }
  return y;
}

export function layerNormalizationBackward(p: LayerNormalizationProblem, dy: Float64Array): NormalizationGradients {
  const { columns } = p;
  const result = {
    gamma: new Float64Array(columns),
    beta: new Float64Array(columns),
    x: new Float64Array(p.x.length),
  };
  for (let begin = 0; begin < p.x.length; begin += columns) {
    const row = p.x.subarray(begin, begin + columns);
    const { mean, deviation } = momentsOf(row, p.epsilon);
    const normal = row.map((value) => (value - mean) / deviation);
    const dNormal = normal.map((_, j) => dy[begin + j]! * (p.gamma?.[j] ?? 1));
    // dx = (dn - mean(dn) - n mean(n dn)) / deviation
    const meanOf = dNormal.reduce((sum, value) => sum + value, 0) / columns;
    const along = dNormal.reduce((sum, value, j) => sum + value * normal[j]!, 0) / columns;
    for (let j = 0; j < columns; j++) {
      result.gamma[j]! += dy[begin + j]! * normal[j]!;
      result.beta[j]! += dy[begin + j]!;
      result.x[begin + j] = (dNormal[j]! - meanOf - normal[j]! * along) / deviation;
    }
  }
  return result;
}
