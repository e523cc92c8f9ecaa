// One Eigen product. The cost of the other files is divided by that of this file.
#include <Eigen/Dense>
#include <iostream>

int main() {
  Eigen::MatrixXf a = Eigen::MatrixXf::Random(30, 30), b = a * a;
  std::cout << b(0, 0) << '\n';
}
