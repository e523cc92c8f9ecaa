// What the other files are measured against: one product of Eigen.
#include <Eigen/Dense>
#include <iostream>

int main() {
  Eigen::MatrixXf a = Eigen::MatrixXf::Random(30, 30), b = a * a;
  std::cout << b(0, 0) << '\n';
}
